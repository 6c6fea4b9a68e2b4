using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Get-Help works for every command, and leaves no parameter undescribed.</summary>
public sealed class HelpTests(HelpSession session) : IClassFixture<HelpSession>
{
    private readonly Shell _shell = session.Shell;

    public static TheoryData<string> Commands => [.. PublicSurface.Commands];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_has_a_page_with_examples(string command)
    {
        var help = _shell.Run($"Get-Help {command} -Full").ThrowIfFailed().Output.Single();
        var synopsis = (string)help.Properties["Synopsis"].Value;
        Assert.NotEmpty(synopsis);
        // Without a page PowerShell shows the syntax in the synopsis's place.
        Assert.DoesNotContain("[<CommonParameters>]", synopsis, StringComparison.Ordinal);
        Assert.NotEmpty(Texts(help, "description"));
        Assert.NotEmpty(LanguagePrimitives.ConvertTo<object[]>(((PSObject)help.Properties["examples"].Value).Properties["example"].Value));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void No_parameter_is_undescribed_and_none_is_described_that_is_not_there(string command)
    {
        var parameters = _shell.Run($"(Get-Command {command}).Parameters.Keys").ThrowIfFailed().Output
            .Select(name => name.ToString())
            .Except(Cmdlet.CommonParameters);
        var described = _shell.Run($"(Get-Help {command} -Full).parameters.parameter").ThrowIfFailed().Output;
        Assert.Equal(parameters.Order(), described.Select(parameter => parameter.Properties["name"].Value.ToString()).Order());
        Assert.All(described, parameter => Assert.True(
            Texts(parameter, "description").Length > 0, $"{command} -{parameter.Properties["name"].Value}"));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_parameter_stands_in_the_help_as_the_command_has_it(string command)
    {
        var info = (CommandInfo)_shell.Run($"Get-Command {command}").ThrowIfFailed().Output.Single().BaseObject;
        var described = _shell.Run($"(Get-Help {command} -Full).parameters.parameter").ThrowIfFailed().Output
            .Select(parameter => string.Join(' ', new[] { "name", "position", "required", "pipelineInput" }
                .Select(property => parameter.Properties[property].Value.ToString())))
            .Order();

        // A page has one value for all sets: that of the usual set, where the parameter is in it.
        var actual = from set in info.ParameterSets
                     orderby set.IsDefault descending
                     from parameter in set.Parameters
                     where !Cmdlet.CommonParameters.Contains(parameter.Name)
                     group parameter by parameter.Name into sets
                     let usual = sets.First()
                     select $"{usual.Name} {Position(usual)} {(usual.IsMandatory ? "true" : "false")} {PipelineInput(sets)}";
        Assert.Equal(actual.Order(), described);

        static string PipelineInput(IEnumerable<CommandParameterInfo> sets)
        {
            string[] ways =
            [
                .. sets.Any(one => one.ValueFromPipelineByPropertyName) ? ["ByPropertyName"] : Array.Empty<string>(),
                .. sets.Any(one => one.ValueFromPipeline) ? ["ByValue"] : Array.Empty<string>(),
            ];
            return ways.Length == 0 ? "False" : $"True ({string.Join(", ", ways)})";
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_parameter_set_stands_in_the_syntax_as_the_command_has_it(string command)
    {
        var info = (CommandInfo)_shell.Run($"Get-Command {command}").ThrowIfFailed().Output.Single().BaseObject;
        var shown = _shell.Run($"(Get-Help {command} -Full).syntax.syntaxItem").ThrowIfFailed().Output.Select(item => string.Join(
            ", ",
            LanguagePrimitives.ConvertTo<PSObject[]>(item.Properties["parameter"].Value)
                .Select(parameter => $"{parameter.Properties["name"].Value} {parameter.Properties["position"].Value}")
                .Order()));
        var actual = info.ParameterSets.Select(set => string.Join(
            ", ",
            set.Parameters.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))
                .Select(parameter => $"{parameter.Name} {Position(parameter)}")
                .Order()));
        Assert.Equal(actual.Order(), shown.Order());
    }

    [Fact]
    public void The_topic_is_in_the_package_in_its_format()
    {
        var text = File.ReadAllText(Path.Combine(TestSetup.ModuleFolder, "en-US", "about_ProDockerVersioning.help.txt"));
        Assert.StartsWith("TOPIC", text, StringComparison.OrdinalIgnoreCase);
        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= 80, line));
    }

    private static string Position(CommandParameterInfo parameter) =>
        parameter.Position < 0 ? "named" : parameter.Position.ToString(CultureInfo.InvariantCulture);

    private static string Texts(PSObject help, string property) => string.Concat(
        LanguagePrimitives.ConvertTo<PSObject[]>(help.Properties[property]?.Value ?? Array.Empty<PSObject>())
            .Select(paragraph => paragraph.Properties["Text"]?.Value?.ToString()));
}

/// <summary>One session in which all pages are read: to begin one takes longer than to read a page.</summary>
public sealed class HelpSession : IDisposable
{
    internal Shell Shell { get; } = new();

    public void Dispose() => Shell.Dispose();
}
