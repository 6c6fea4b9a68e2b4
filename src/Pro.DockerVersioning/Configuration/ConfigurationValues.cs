using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Configuration;

/// <summary>Reads values of <c>pro.json</c> and says where one isn't what it must be.</summary>
internal static class ConfigurationValues
{
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("/\\*?[]:");

    public static IEnumerable<LocatedJsonMember> Members(LocatedJson value, string key) =>
        value.Kind == JsonTokenType.StartObject
            ? value.Members
            : throw ConfigurationErrors.WrongValue(key, Shown(value), "an object { … }", value.At);

    public static IEnumerable<LocatedJsonMember> Members(LocatedJson value, string key, IReadOnlyList<string> known)
    {
        foreach (var member in Members(value, key))
        {
            if (!known.Contains(member.Name, StringComparer.Ordinal))
            {
                throw ConfigurationErrors.UnknownKey(member.Name, member.At, known, NameSuggestion.Nearest(member.Name, known));
            }

            yield return member;
        }
    }

    public static string Text(LocatedJsonMember member) => Text(member.Value, member.Name);

    public static string Text(LocatedJson value, string key) =>
        value.Kind == JsonTokenType.String && !string.IsNullOrWhiteSpace(value.Text)
            ? value.Text
            : throw ConfigurationErrors.WrongValue(key, Shown(value), "a text that isn't empty", value.At);

    /// <summary>A name that an object's key gives: of a service, of an environment.</summary>
    public static string Name(LocatedJsonMember member, string what) =>
        !string.IsNullOrWhiteSpace(member.Name) && member.Name.AsSpan().IndexOfAny(NotInNames) < 0
            ? member.Name
            : throw ConfigurationErrors.WrongValue(what, member.Name, "a name without slashes, colons and wildcards", member.At);

    public static string Path(LocatedJsonMember member) => Path(member.Value, member.Name);

    public static string Path(LocatedJson value, string key)
    {
        var text = value.Kind == JsonTokenType.String ? value.Text : Text(value, key);
        return RepositoryPath.Resolve(string.Empty, text) ?? throw ConfigurationErrors.PathOutside(key, text, value.At);
    }

    public static IReadOnlyList<LocatedJson> Items(LocatedJsonMember member) =>
        member.Value.Kind == JsonTokenType.StartArray
            ? member.Value.Items
            : throw ConfigurationErrors.WrongValue(member.Name, Shown(member.Value), "a list [ … ]", member.Value.At);

    public static int Count(LocatedJsonMember member) =>
        member.Value.Kind == JsonTokenType.Number
        && int.TryParse(member.Value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        && count > 0
            ? count
            : throw ConfigurationErrors.WrongValue(member.Name, Shown(member.Value), "a whole number from 1", member.Value.At);

    /// <summary>An age with its unit: "30d", "12h". A bare number doesn't say which it is.</summary>
    public static TimeSpan Age(LocatedJsonMember member)
    {
        var text = member.Value.Kind == JsonTokenType.String ? member.Value.Text : "";
        return text.Length > 1
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= 36500
            && (text[^1] is 'd' or 'h')
                ? text[^1] == 'd' ? TimeSpan.FromDays(number) : TimeSpan.FromHours(number)
                : throw ConfigurationErrors.WrongValue(
                    member.Name, Shown(member.Value), "a time with its unit, \"30d\" or \"12h\"", member.Value.At);
    }

    public static T Choice<T>(LocatedJson value, string key, IReadOnlyDictionary<string, T> choices)
    {
        if (value.Kind == JsonTokenType.String && choices.TryGetValue(value.Text, out var chosen))
        {
            return chosen;
        }

        var wanted = string.Join(" or ", choices.Keys.Select(choice => $"\"{choice}\""));
        throw ConfigurationErrors.WrongValue(key, Shown(value), wanted, value.At);
    }

    /// <summary>A value as a message shows it.</summary>
    public static string Shown(LocatedJson value) => value.Kind switch
    {
        JsonTokenType.StartObject => "{ … }",
        JsonTokenType.StartArray => "[ … ]",
        JsonTokenType.String => $"\"{value.Text}\"",
        _ => value.Text,
    };
}
