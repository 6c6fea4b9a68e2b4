using System.Collections;
using System.Management.Automation;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>
/// A parameter that takes names and values, as a hashtable or as Docker's client takes them: 'A=1'. A name alone has the value of the
/// environment variable.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PairsAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var pairs = new Hashtable(StringComparer.Ordinal);
        if (Typed.Value(inputData) is IDictionary single)
        {
            Add(pairs, single);
            return pairs;
        }

        foreach (var item in LanguagePrimitives.GetEnumerable(inputData) is { } list ? list.Cast<object>() : [inputData])
        {
            if (Typed.Value(item) is IDictionary several)
            {
                Add(pairs, several);
                continue;
            }

            var text = Typed.Text(item);
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals];
            if (string.IsNullOrWhiteSpace(name))
            {
                throw new ArgumentTransformationMetadataException(
                    $"'{text}' has no name. Write 'NAME=VALUE', or a hashtable: @{{ NAME = 'VALUE' }}.");
            }

            Add(pairs, name, equals < 0 ? Environment.GetEnvironmentVariable(name) : text[(equals + 1)..]);
        }

        return pairs;
    }

    private static void Add(Hashtable pairs, IDictionary more)
    {
        foreach (DictionaryEntry entry in more)
        {
            Add(pairs, LanguagePrimitives.ConvertTo<string>(entry.Key), entry.Value);
        }
    }

    private static void Add(Hashtable pairs, string name, object? value)
    {
        if (pairs.ContainsKey(name))
        {
            throw new ArgumentTransformationMetadataException($"'{name}' has two values. Give one.");
        }

        pairs.Add(name, value);
    }
}
