using System.Text;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// Docker's client looks at the first 512 or 1024 bytes of its input to tell a tar from a Dockerfile. A tar that begins with an extended
/// header (a PAX name, a long GNU name) it takes for a Dockerfile. An entry for the context's root in front of it makes it a tar again,
/// and adds nothing.
/// </summary>
internal static class TarSniffGuard
{
    private const int TypeOffset = 156;

    /// <summary>Is this the beginning of a tar that the client wouldn't know?</summary>
    public static bool NeedsRoot(ReadOnlySpan<byte> firstWrite) =>
        firstWrite.Length > TypeOffset && firstWrite[TypeOffset] is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K';

    /// <summary>The header of the folder <c>./</c>, mode 0755, owner 0, time 0.</summary>
    public static ReadOnlyMemory<byte> Root { get; } = CreateRoot();

    private static byte[] CreateRoot()
    {
        var header = new byte[512];
        Put(0, "./");
        Put(100, "0000755\0" + "0000000\0" + "0000000\0" + "00000000000\0" + "00000000000\0" + "        5");
        Put(257, "ustar\0" + "00");
        var sum = 0;
        foreach (var value in header)
        {
            sum += value;
        }

        Put(148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        return header;

        void Put(int offset, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(offset));
    }
}
