using System.Management.Automation;
using System.Reflection;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>All that scripts may build on: commands, their parameters, the types they put out. A change of it is a decision.</summary>
public sealed class PublicSurface
{
    private static readonly string Snapshot = Path.Combine(TestSetup.RepositoryRoot, "tests", "Engine", "PublicSurface.txt");

    private static readonly HashSet<string> Common =
        [.. Cmdlet.CommonParameters, .. Cmdlet.OptionalCommonParameters.Except(["WhatIf", "Confirm"])];

    /// <summary>The commands, by the snapshot.</summary>
    internal static IEnumerable<string> Commands => File.ReadLines(Snapshot)
        .Where(line => line.Length > 0 && char.IsLetter(line[0]) && line.Contains("-Pro", StringComparison.Ordinal))
        .Select(line => line.Split(' ')[0])
        .Order(StringComparer.Ordinal);

    [Fact]
    public void The_public_surface_is_what_the_snapshot_says()
    {
        using var shell = new Shell();
        var actual = Describe(shell);
        var expected = File.ReadAllText(Snapshot).ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("PRO_UPDATE_SNAPSHOT") == "1")
        {
            File.WriteAllText(Snapshot, actual);
        }

        Assert.True(
            expected == actual, $"The public surface has changed. If that is meant, run this test with PRO_UPDATE_SNAPSHOT=1.\n{actual}");
    }

    [Fact]
    public void No_type_of_a_dependency_stands_in_a_parameter_or_an_output()
    {
        using var shell = new Shell();
        var ours = OutputTypes(shell).SelectMany(type => type.GetProperties().Select(property => property.PropertyType))
            .Concat(AllCommands(shell).SelectMany(command => command.Parameters.Values).Select(parameter => parameter.ParameterType))
            .SelectMany(Parts);
        Assert.All(ours, type => Assert.True(
            type.Assembly.GetName().Name is "Pro.DockerVersioning" or "System.Private.CoreLib" or "System.Runtime.Numerics"
                or "System.Management.Automation",
            type.FullName));
    }

    [Fact]
    public void What_changes_something_supports_WhatIf()
    {
        using var shell = new Shell();
        Assert.All(
            AllCommands(shell).Where(command => command.Verb != "Get"),
            command => Assert.True(command.Parameters.ContainsKey("WhatIf"), command.Name));
    }

    [Fact]
    public void Every_time_size_word_and_pair_is_read_by_the_modules_own_rule()
    {
        using var shell = new Shell();
        var parameters = AllCommands(shell)
            .SelectMany(command => command.Parameters.Values.Select(parameter => (Name: $"{command.Name} -{parameter.Name}", parameter)))
            .Where(one => !Common.Contains(one.parameter.Name))
            .ToList();
        Assert.All(
            parameters.Where(one => TypeOf(one.parameter) == typeof(TimeSpan)),
            one => HasOneOf(one, "DurationAttribute", "TimeOfDayAttribute"));
        Assert.All(parameters.Where(one => TypeOf(one.parameter) is { } type && (type == typeof(long) || type == typeof(ulong))),
            one => HasOneOf(one, "SizeAttribute"));
        Assert.All(parameters.Where(one => TypeOf(one.parameter).IsEnum), one => HasOneOf(one, "ChoiceAttribute"));
        var pairs = parameters.Where(one => typeof(System.Collections.IDictionary).IsAssignableFrom(one.parameter.ParameterType)).ToList();
        Assert.NotEmpty(pairs);
        Assert.All(pairs, one => HasOneOf(one, "PairsAttribute"));
        Assert.True(parameters.Count(one => TypeOf(one.parameter) == typeof(TimeSpan)) > 10);

        static Type TypeOf(ParameterMetadata parameter) =>
            (parameter.ParameterType.IsArray ? parameter.ParameterType.GetElementType()! : parameter.ParameterType) is var type
                ? Nullable.GetUnderlyingType(type) ?? type
                : throw new InvalidOperationException();

        static void HasOneOf((string Name, ParameterMetadata Parameter) one, params string[] names) =>
            Assert.True(one.Parameter.Attributes.Any(attribute => names.Contains(attribute.GetType().Name)), one.Name);
    }

    private static List<CmdletInfo> AllCommands(Shell shell) =>
        [.. shell.Run("Get-Command -Module Pro.DockerVersioning | ForEach-Object { $_ }").ThrowIfFailed().Output
            .Select(command => (CmdletInfo)command.BaseObject)
            .OrderBy(command => command.Name, StringComparer.Ordinal)];

    private static IEnumerable<Type> OutputTypes(Shell shell) =>
        AllCommands(shell).SelectMany(command => command.OutputType).Select(output => output.Type).OfType<Type>().Distinct()
            .OrderBy(type => type.Name, StringComparer.Ordinal);

    private static IEnumerable<Type> Parts(Type type) => type switch
    {
        { IsArray: true } => Parts(type.GetElementType()!),
        { IsGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Prepend(type),
        _ => [type],
    };

    private static string Describe(Shell shell)
    {
        var text = new StringBuilder();
        foreach (var command in AllCommands(shell))
        {
            _ = text.Append(command.Name).Append(" -> ").AppendJoin(", ", command.OutputType.Select(output => output.Name)).Append('\n');
            foreach (var set in command.ParameterSets.OrderBy(set => set.Name, StringComparer.Ordinal))
            {
                _ = text.Append("  ").Append(set.Name).Append(set.IsDefault ? " (default)" : "").Append('\n');
                foreach (var parameter in set.Parameters.Where(p => !Common.Contains(p.Name)).OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    _ = text.Append("    ").Append(Describe(parameter)).Append('\n');
                }
            }
        }

        foreach (var type in OutputTypes(shell))
        {
            _ = text.Append(type.FullName).Append('\n');
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .OrderBy(p => p.Name, StringComparer.Ordinal))
            {
                _ = text.Append("    ").Append(property.Name).Append(": ").Append(Name(property.PropertyType)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Describe(CommandParameterInfo parameter)
    {
        var parts = new List<string> { $"-{parameter.Name} <{Name(parameter.ParameterType)}>" };
        if (parameter.Aliases.Count > 0 && parameter.Name is not ("WhatIf" or "Confirm"))
        {
            parts.Add("alias " + string.Join(", ", parameter.Aliases));
        }

        if (parameter.IsMandatory)
        {
            parts.Add("mandatory");
        }

        if (parameter.Position >= 0)
        {
            parts.Add($"position {parameter.Position}");
        }

        if (parameter.ValueFromPipeline)
        {
            parts.Add("from the pipeline");
        }

        if (parameter.ValueFromPipelineByPropertyName)
        {
            parts.Add("from a property");
        }

        return string.Join("; ", parts);
    }

    private static string Name(Type type) => type switch
    {
        { IsArray: true } => Name(type.GetElementType()!) + "[]",
        { IsGenericType: true } => $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}"
            + $"<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ => type.Name,
    };
}
