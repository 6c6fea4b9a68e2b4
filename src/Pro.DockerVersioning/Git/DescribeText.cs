using System.Globalization;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Git;

/// <summary>What git describe prints: a tag, how many commits follow it, and the commit's hash.</summary>
/// <param name="Tag">The base tag.</param>
/// <param name="Count">The commits since; 0 on the tag itself.</param>
/// <param name="Hash">The digits of the commit's hash, as given.</param>
internal sealed partial record DescribeText(string Tag, int Count, string Hash)
{
    /// <summary>The same number of digits in every clone, unlike git's own choice, which grows with the repository.</summary>
    public const int HashLength = 12;

    /// <summary>Takes a text of the long form apart; null if it isn't one.</summary>
    public static DescribeText? Parse(string text)
    {
        var match = Form().Match(text);
        var number = match.Groups["count"].ValueSpan;
        return match.Success && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new(match.Groups["tag"].Value, count, match.Groups["hash"].Value)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Count == 0 ? Tag : string.Create(CultureInfo.InvariantCulture, $"{Tag}-{Count}-g{Hash}");

    [GeneratedRegex(@"\A(?<tag>.+)-(?<count>[0-9]+)-g(?<hash>[0-9a-f]{4,40})\z", RegexOptions.Singleline)]
    private static partial Regex Form();
}
