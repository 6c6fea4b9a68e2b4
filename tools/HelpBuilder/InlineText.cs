using System.Text;
using Markdig.Syntax.Inlines;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Turns the inlines of a paragraph into plain text.</summary>
internal static class InlineText
{
    public static string Flatten(ContainerInline? inlines, int line, PageErrors errors)
    {
        var text = new StringBuilder();
        Append(text, inlines, line, errors);
        return text.ToString().Trim();
    }

    /// <summary>The links of a paragraph, in their order.</summary>
    public static IReadOnlyList<PageLink> Links(ContainerInline? inlines, int line, PageErrors errors) =>
        [.. (inlines ?? Enumerable.Empty<Inline>()).OfType<LinkInline>()
            .Where(link => !link.IsImage)
            .Select(link => ToLink(link, line, errors))];

    /// <summary>A link as help shows it.</summary>
    public static string Show(PageLink link) =>
        link.Address.Length > 0 && link.Address != link.Text ? $"{link.Text} ({link.Address})" : link.Text;

    // A relative address is another page of this help: its text says enough.
    private static PageLink ToLink(LinkInline link, int line, PageErrors errors) =>
        new(Flatten(link, line, errors), Uri.TryCreate(link.Url, UriKind.Absolute, out _) ? link.Url! : string.Empty);

    private static void Append(StringBuilder text, ContainerInline? container, int line, PageErrors errors)
    {
        foreach (var inline in container ?? Enumerable.Empty<Inline>())
        {
            Append(text, inline, line, errors);
        }
    }

    private static void Append(StringBuilder text, Inline inline, int line, PageErrors errors)
    {
        switch (inline)
        {
            case LiteralInline literal:
                text.Append(literal.Content.AsSpan());
                break;
            case CodeInline code:
                var fence = new string(code.Delimiter, code.DelimiterCount);
                text.Append(fence).Append(code.Content).Append(fence);
                break;
            case LineBreakInline lineBreak:
                text.Append(lineBreak.IsHard ? '\n' : ' ');
                break;
            case HtmlEntityInline entity:
                text.Append(entity.Transcoded.AsSpan());
                break;
            case AutolinkInline autolink:
                text.Append(autolink.Url);
                break;
            case LinkInline { IsImage: false } link:
                text.Append(Show(ToLink(link, line, errors)));
                break;
            case HtmlInline html when html.Tag.StartsWith("<!--", StringComparison.Ordinal):
                break;
            case HtmlInline html:
                errors.Add(
                    inline.Line + 1, $"'{html.Tag}' is HTML, which help can't show; as text it needs back quotes or a backslash");
                break;
            case EmphasisInline or LinkDelimiterInline:
                Append(text, (ContainerInline)inline, line, errors);
                break;
            default:
                errors.Add(line, $"an inline of this kind has no form in plain text ({inline.GetType().Name})");
                break;
        }
    }
}
