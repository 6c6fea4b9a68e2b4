namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Compares a page's syntax with its parameters: both must say the same.</summary>
internal static class ParameterCheck
{
    public static void Run(CommandPage page, PageErrors errors)
    {
        var names = page.Parameters.GroupBy(parameter => parameter.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var twice in names.Where(group => group.Count() > 1))
        {
            errors.Add(twice.Last().Line, $"-{twice.Key} is described twice");
        }

        foreach (var set in page.Syntax)
        {
            CheckSet(page, set, errors);
        }

        foreach (var parameter in page.Parameters)
        {
            CheckParameter(page, parameter, errors);
        }
    }

    /// <summary>The table that holds for a parameter in a set; null if none does.</summary>
    public static ParameterTable? Find(CommandPage page, string set, string parameter) =>
        page.Parameters.FirstOrDefault(candidate => candidate.Name == parameter)?.Tables.FirstOrDefault(table => table.Covers(set));

    private static void CheckSet(CommandPage page, SyntaxSet set, PageErrors errors)
    {
        foreach (var parameter in set.Parameters)
        {
            if (Find(page, set.Name, parameter.Name) is not { } table)
            {
                errors.Add(set.Line, $"-{parameter.Name} has no description for the parameter set '{set.Name}'");
                continue;
            }

            Compare(parameter, "type", parameter.Type ?? "SwitchParameter", table.Type, table, errors);
            Compare(parameter, "Required", parameter.Required.ToString(), table.Required.ToString(), table, errors);
            var positional = table.Position != ParameterTable.NoPosition;
            Compare(parameter, "having a position", parameter.Positional.ToString(), positional.ToString(), table, errors);
        }
    }

    private static void Compare(SyntaxParameter parameter, string what, string syntax, string text, ParameterTable table, PageErrors errors)
    {
        if (syntax != text)
        {
            errors.Add(table.Line, $"-{parameter.Name}: the syntax says '{syntax}' for {what}, the parameter's block says '{text}'");
        }
    }

    private static void CheckParameter(CommandPage page, PageParameter parameter, PageErrors errors)
    {
        var names = page.Syntax.Select(set => set.Name).ToList();
        foreach (var table in parameter.Tables)
        {
            foreach (var unknown in table.Sets.Where(set => set != ParameterTable.AllSets && !names.Contains(set)))
            {
                errors.Add(table.Line, $"-{parameter.Name}: '## SYNTAX' has no parameter set '{unknown}'");
            }

            var covered = page.Syntax.Where(set => table.Covers(set.Name));
            foreach (var set in covered.Where(set => set.Parameters.All(other => other.Name != parameter.Name)))
            {
                errors.Add(table.Line, $"-{parameter.Name} is missing in the syntax '{set.Name}'");
            }
        }
    }
}
