using System.Globalization;
using System.Text;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>
/// The header of one entry: POSIX ustar, with PAX records only for what doesn't fit into it
/// (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html).
/// </summary>
internal sealed class TarHeader
{
    /// <summary>The unit of a tar.</summary>
    public const int BlockSize = 512;

    // Octal 0755, 0644 and 0777, which C# has no literals for.
    private const int WideMode = 0x1ED;
    private const int FileMode = 0x1A4;
    private const int LinkMode = 0x1FF;
    private const int NameSize = 100;
    private const int PrefixSize = 155;
    private const long LargestNumber = 0x1_FFFF_FFFF; // 11 octal digits

    private readonly string name;
    private readonly string prefix;
    private readonly string fullName;
    private readonly string target;
    private readonly char type;
    private readonly int mode;
    private readonly long size;
    private readonly long mtime;

    private TarHeader(string fullName, char type, int mode, long size, long mtime, string target)
    {
        this.fullName = fullName;
        this.type = type;
        this.mode = mode;
        this.size = size;
        this.mtime = mtime;
        this.target = target;
        (prefix, name) = Split(fullName);
    }

    /// <summary>A folder, mode 0755.</summary>
    public static TarHeader Directory(string name, long mtime) => new(name + "/", '5', WideMode, 0, mtime, string.Empty);

    /// <summary>A symbolic link, mode 0777.</summary>
    public static TarHeader Link(string name, string target, long mtime) => new(name, '2', LinkMode, 0, mtime, target);

    /// <summary>A file, mode 0644 or 0755.</summary>
    public static TarHeader File(string name, bool executable, long size, long mtime) =>
        new(name, '0', executable ? WideMode : FileMode, size, mtime, string.Empty);

    /// <summary>The PAX records that this entry needs, sorted; empty if ustar is enough.</summary>
    public byte[] PaxRecords()
    {
        using var records = new MemoryStream();
        if (!Fits(target, NameSize))
        {
            Append(records, "linkpath", target);
        }

        if (mtime is < 0 or > LargestNumber)
        {
            Append(records, "mtime", mtime.ToString(CultureInfo.InvariantCulture));
        }

        if (name.Length == 0)
        {
            Append(records, "path", fullName);
        }

        if (size > LargestNumber)
        {
            Append(records, "size", size.ToString(CultureInfo.InvariantCulture));
        }

        return records.ToArray();
    }

    /// <summary>The header in front of the PAX records.</summary>
    public TarHeader PaxHeader(int length)
    {
        var legible = Ascii(TreePath.Name(fullName.TrimEnd('/')), NameSize - 20);
        return new("PaxHeaders/" + legible, 'x', FileMode, length, mtime, string.Empty);
    }

    /// <summary>The 512 bytes.</summary>
    public byte[] ToBlock()
    {
        var block = new byte[BlockSize];
        Text(block, 0, name.Length > 0 ? name : Ascii(fullName, NameSize));
        Octal(block, 100, 8, mode);
        Octal(block, 108, 8, 0);
        Octal(block, 116, 8, 0);
        Octal(block, 124, 12, size > LargestNumber ? 0 : size);
        Octal(block, 136, 12, mtime is < 0 or > LargestNumber ? 0 : mtime);
        block.AsSpan(148, 8).Fill((byte)' ');
        block[156] = (byte)type;
        Text(block, 157, Fits(target, NameSize) ? target : Ascii(target, NameSize));
        Text(block, 257, "ustar");
        Text(block, 263, "00");
        Octal(block, 329, 8, 0);
        Octal(block, 337, 8, 0);
        Text(block, 345, prefix);

        var sum = 0;
        foreach (var value in block)
        {
            sum += value;
        }

        Octal(block, 148, 7, sum);
        return block;
    }

    // At the last slash that leaves room on both sides; an empty name says that it doesn't fit.
    private static (string Prefix, string Name) Split(string path)
    {
        if (Fits(path, NameSize))
        {
            return (string.Empty, path);
        }

        if (!Fits(path, NameSize + 1 + PrefixSize))
        {
            return (string.Empty, string.Empty);
        }

        var slash = path.LastIndexOf('/', Math.Min(PrefixSize, path.Length - 2));
        return slash > 0 && path.Length - slash - 1 <= NameSize ? (path[..slash], path[(slash + 1)..]) : (string.Empty, string.Empty);
    }

    private static bool Fits(string text, int size) => text.Length <= size && Encoding.UTF8.GetByteCount(text) == text.Length;

    // For readers that don't know PAX: something legible.
    private static string Ascii(string text, int size)
    {
        var cut = text.Length <= size ? text : text[..size];
        return string.Create(cut.Length, cut, (span, source) =>
        {
            for (var at = 0; at < span.Length; at++)
            {
                span[at] = char.IsAscii(source[at]) ? source[at] : '_';
            }
        });
    }

    private static void Text(byte[] block, int offset, string text) => Encoding.ASCII.GetBytes(text, block.AsSpan(offset));

    private static void Octal(byte[] block, int offset, int width, long value)
    {
        for (var at = offset + width - 2; at >= offset; at--)
        {
            block[at] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        block[offset + width - 1] = 0;
    }

    // "LENGTH KEY=VALUE\n", where the length counts its own digits too.
    private static void Append(MemoryStream records, string key, string value)
    {
        var body = Encoding.UTF8.GetBytes($" {key}={value}\n");
        var length = body.Length + 1;
        while (Digits(length) + body.Length != length)
        {
            length = body.Length + Digits(length);
        }

        records.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        records.Write(body);
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
