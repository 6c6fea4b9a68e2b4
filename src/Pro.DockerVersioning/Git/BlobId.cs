using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git;

/// <summary>The id that git would give to a content: SHA-1 over "blob", its length and its bytes.</summary>
internal static class BlobId
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Reads an entry and computes its id, 40 hex digits.</summary>
    public static string Compute(ISourceTree tree, SourceEntry entry)
    {
        using var content = tree.Open(entry);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {content.Length}\0")));
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (var left = content.Length; left > 0;)
            {
                var read = content.Stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
                if (read == 0)
                {
                    throw GitErrors.FileUnreadable(entry.Path, "it was cut while it was read", null);
                }

                hash.AppendData(buffer, 0, read);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }
}
