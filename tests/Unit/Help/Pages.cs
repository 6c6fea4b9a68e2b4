using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>A small page that is right, to be changed in one place by each test.</summary>
internal static class Pages
{
    public const string Good =
        """
        ---
        external help file: Some.dll-Help.xml
        Module Name: Some
        online version:
        schema: 2.0.0
        ---

        # Get-Thing

        ## SYNOPSIS
        Gets things.

        ## SYNTAX

        ### ByName (Default)
        ```
        Get-Thing [-Name] <String[]> [[-Kind] <Kind>] [-Force]
         [<CommonParameters>]
        ```

        ### All
        ```
        Get-Thing [[-Kind] <Kind>] -All [-Force] [<CommonParameters>]
        ```

        ## DESCRIPTION
        Gets the things there are.

        ## EXAMPLES

        ### Example 1: One thing
        ```powershell
        Get-Thing one
        ```

        ## PARAMETERS

        ### -Name
        The names.

        ```yaml
        Type: String[]
        Parameter Sets: ByName
        Aliases: N, Id
        Required: True
        Position: 0
        Default value: None
        Accept pipeline input: True (ByPropertyName)
        Accept wildcard characters: True
        ```

        ### -Kind
        The kind.

        ```yaml
        Type: Kind
        Parameter Sets: (All)
        Aliases:
        Accepted values: Small, Large
        Required: False
        Position: 1
        Default value: Small
        Accept pipeline input: False
        Accept wildcard characters: False
        ```

        ### -All
        All of them.

        ```yaml
        Type: SwitchParameter
        Parameter Sets: All
        Aliases:
        Required: True
        Position: Named
        Default value: False
        Accept pipeline input: False
        Accept wildcard characters: False
        ```

        ### -Force
        Hidden ones too.

        ```yaml
        Type: SwitchParameter
        Parameter Sets: (All)
        Aliases:
        Required: False
        Position: Named
        Default value: False
        Accept pipeline input: False
        Accept wildcard characters: False
        ```

        ### CommonParameters
        The common ones.

        ## INPUTS

        ### None

        ## OUTPUTS

        ### Some.Thing
        A thing.

        ## NOTES

        ## RELATED LINKS

        [Set-Thing](Set-Thing.md)

        """;

    /// <summary>The good page with one text in it replaced.</summary>
    public static string With(string old, string replacement)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        return Good.Replace(old, replacement, StringComparison.Ordinal);
    }

    /// <summary>The line of a page, from 1, that is this text, or begins with it.</summary>
    public static int LineOf(string page, string text) =>
        Array.FindIndex(page.Split('\n'), line => line.StartsWith(text, StringComparison.Ordinal)) + 1;

    public static HelpCompilation Compile(string page) => HelpCompiler.Compile([new PageSource("docs/Get-Thing.md", page)]);
}
