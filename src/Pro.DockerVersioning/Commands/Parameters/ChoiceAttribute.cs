using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>
/// A parameter that takes a word of a list, as pro.json or the output writes it: stop-first and StopFirst. PowerShell alone adds up several
/// words of a list of which one is meant, and gives a third one.
/// </summary>
/// <param name="words">The enumeration.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ChoiceAttribute(Type words) : ArgumentTransformationAttribute
{
    /// <summary>The enumeration.</summary>
    public Type Words { get; } = words;

    /// <summary>Whether several may be given.</summary>
    public bool Several { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var given = LanguagePrimitives.GetEnumerable(inputData) is { } list ? list.Cast<object>() : [inputData];
        var chosen = given.SelectMany(Read).Distinct().ToList();
        if (Words.IsDefined(typeof(FlagsAttribute), inherit: false))
        {
            return Enum.ToObject(Words, chosen.Aggregate(0, (all, one) => all | Convert.ToInt32(one, CultureInfo.InvariantCulture)));
        }

        if (!Several)
        {
            return chosen.Count == 1 ? chosen[0] : throw new ArgumentTransformationMetadataException(
                $"'{string.Join(", ", chosen)}' are {chosen.Count}, and one is meant. Write one of {Names()}.");
        }

        var array = Array.CreateInstance(Words, chosen.Count);
        ((ICollection)chosen).CopyTo(array, 0);
        return array;
    }

    private IEnumerable<object> Read(object item) => Typed.Value(item) is { } value && value.GetType() == Words
        ? [value]
        : Typed.Text(item).Split(',', StringSplitOptions.TrimEntries).Select(Word);

    private object Word(string text)
    {
        // As PowerShell itself: a beginning will do if it is of one word alone.
        var plain = Plain(text);
        var names = Array.FindAll(
            Enum.GetNames(Words), name => plain.Length > 0 && name.StartsWith(plain, StringComparison.OrdinalIgnoreCase));
        var found = Array.Find(names, name => name.Length == plain.Length) ?? (names.Length == 1 ? names[0] : null);
        return found is not null
            ? Enum.Parse(Words, found)
            : throw new ArgumentTransformationMetadataException($"'{text}' is not one of {Names()}.");
    }

    private string Names() => string.Join(", ", Enum.GetNames(Words));

    private static string Plain(string text) => text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
}
