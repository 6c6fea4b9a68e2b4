using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration;

/// <summary>A JSON value that knows where it stands; System.Text.Json's own document forgets it.</summary>
internal sealed class LocatedJson
{
    private LocatedJson(JsonTokenType kind, FilePosition at, string text = "")
    {
        Kind = kind;
        At = at;
        Text = text;
    }

    /// <summary>StartObject, StartArray, String, Number, True, False or Null.</summary>
    public JsonTokenType Kind { get; }

    /// <summary>Where the value begins.</summary>
    public FilePosition At { get; }

    /// <summary>A string's content; a number, true, false or null as written.</summary>
    public string Text { get; }

    /// <summary>An object's members, in the order of the file.</summary>
    public List<LocatedJsonMember> Members { get; } = [];

    /// <summary>An array's items.</summary>
    public List<LocatedJson> Items { get; } = [];

    /// <summary>Parses a whole file; comments and trailing commas are allowed, a key that stands twice is not.</summary>
    /// <exception cref="ProException">It isn't JSON, or a key stands twice.</exception>
    public static LocatedJson Parse(string text, string file)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var options = new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
        var reader = new Utf8JsonReader(bytes, options);
        var lines = new LineIndex(bytes, file);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw ConfigurationErrors.EmptyJson(new FilePosition(file, 1, 1));
        }

        try
        {
            reader.Read();
            var root = ReadValue(ref reader, lines);
            reader.Read();
            return root;
        }
        catch (JsonException exception)
        {
            var at = new FilePosition(file, (int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1);
            throw ConfigurationErrors.BrokenJson(at, exception);
        }
    }

    private static LocatedJson ReadValue(ref Utf8JsonReader reader, LineIndex lines)
    {
        var at = lines.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(ref reader, lines, at);
            case JsonTokenType.StartArray:
                var array = new LocatedJson(JsonTokenType.StartArray, at);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    array.Items.Add(ReadValue(ref reader, lines));
                }

                return array;
            case JsonTokenType.String:
                return new LocatedJson(JsonTokenType.String, at, ReadString(ref reader, at));
            default:
                return new LocatedJson(reader.TokenType, at, Encoding.UTF8.GetString(reader.ValueSpan));
        }
    }

    private static LocatedJson ReadObject(ref Utf8JsonReader reader, LineIndex lines, FilePosition at)
    {
        var value = new LocatedJson(JsonTokenType.StartObject, at);
        var seen = new Dictionary<string, FilePosition>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var keyAt = lines.At(reader.TokenStartIndex);
            var key = ReadString(ref reader, keyAt);
            if (!seen.TryAdd(key, keyAt))
            {
                throw ConfigurationErrors.DuplicateKey(key, keyAt, seen[key]);
            }

            reader.Read();
            value.Members.Add(new LocatedJsonMember(key, keyAt, ReadValue(ref reader, lines)));
        }

        return value;
    }

    private static string ReadString(ref Utf8JsonReader reader, FilePosition at)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            // Half of a surrogate pair (\ud800) is good JSON but no text.
            throw ConfigurationErrors.BrokenJson(at, exception);
        }
    }

    /// <summary>Finds line and column of a byte.</summary>
    private sealed class LineIndex
    {
        private readonly byte[] _bytes;
        private readonly string _file;
        private readonly List<int> _starts = [0];

        public LineIndex(byte[] bytes, string file)
        {
            _bytes = bytes;
            _file = file;
            for (var index = 0; index < bytes.Length; index++)
            {
                if (bytes[index] == (byte)'\n')
                {
                    _starts.Add(index + 1);
                }
            }
        }

        public FilePosition At(long offset)
        {
            var found = _starts.BinarySearch((int)offset);
            var line = found >= 0 ? found : ~found - 1;
            var column = Encoding.UTF8.GetCharCount(_bytes, _starts[line], (int)offset - _starts[line]);
            return new FilePosition(_file, line + 1, column + 1);
        }
    }
}

/// <summary>A member of a JSON object, with the place of its name.</summary>
internal sealed record LocatedJsonMember(string Name, FilePosition At, LocatedJson Value);
