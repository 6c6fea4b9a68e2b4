namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>A cmdlet's page, read.</summary>
internal sealed record CommandPage
{
    public required string Name { get; init; }

    /// <summary>The file of MAML that it goes into, as PowerShell looks for it: <c>ASSEMBLY.dll-Help.xml</c>.</summary>
    public required string HelpFile { get; init; }

    /// <summary>What <c>Get-Help -Online</c> opens; may be empty.</summary>
    public required string OnlineVersion { get; init; }

    public required IReadOnlyList<TextBlock> Synopsis { get; init; }

    public required IReadOnlyList<SyntaxSet> Syntax { get; init; }

    public required IReadOnlyList<TextBlock> Description { get; init; }

    public required IReadOnlyList<PageExample> Examples { get; init; }

    public required IReadOnlyList<PageParameter> Parameters { get; init; }

    public required IReadOnlyList<PageType> Inputs { get; init; }

    public required IReadOnlyList<PageType> Outputs { get; init; }

    public required IReadOnlyList<TextBlock> Notes { get; init; }

    public required IReadOnlyList<PageLink> Links { get; init; }
}

/// <summary>An example: what comes before the commands, the commands with their output, and what comes after.</summary>
internal sealed record PageExample(
    string Title, IReadOnlyList<TextBlock> Introduction, IReadOnlyList<CodeText> Code, IReadOnlyList<TextBlock> Remarks);

/// <summary>A type that goes in or comes out.</summary>
internal sealed record PageType(string Name, IReadOnlyList<TextBlock> Description);

/// <summary>A related link; the address is empty for another page of this help.</summary>
internal sealed record PageLink(string Text, string Address);

/// <summary>One way to call a cmdlet.</summary>
internal sealed record SyntaxSet(string Name, int Line, IReadOnlyList<SyntaxParameter> Parameters);

/// <summary>A parameter as a line of syntax shows it. A switch has no type.</summary>
internal sealed record SyntaxParameter(string Name, string? Type, bool Required, bool Positional);

/// <summary>A parameter with its text and its tables, one for each group of parameter sets in which it behaves alike.</summary>
internal sealed record PageParameter(
    string Name, int Line, IReadOnlyList<TextBlock> Description, IReadOnlyList<ParameterTable> Tables);

/// <summary>The <c>yaml</c> block below a parameter's text.</summary>
internal sealed record ParameterTable
{
    public const string AllSets = "(All)";

    public const string NoPosition = "Named";

    public required int Line { get; init; }

    public required string Type { get; init; }

    public required IReadOnlyList<string> Sets { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required IReadOnlyList<string> AcceptedValues { get; init; }

    public required bool Required { get; init; }

    /// <summary>A number from 0, or <see cref="NoPosition"/>.</summary>
    public required string Position { get; init; }

    public required string DefaultValue { get; init; }

    /// <summary>As PowerShell prints it: <c>False</c>, <c>True (ByPropertyName)</c>.</summary>
    public required string PipelineInput { get; init; }

    public required bool Wildcards { get; init; }

    public bool IsSwitch => Type is "SwitchParameter" or "System.Management.Automation.SwitchParameter";

    public bool Covers(string set) => Sets.Contains(AllSets) || Sets.Contains(set);
}
