namespace Pro.DockerVersioning.Registry;

/// <summary>
/// Scopes of tokens, <c>repository:pro/api:pull,push</c>, several by spaces: https://distribution.github.io/distribution/spec/auth/scope/.
/// </summary>
internal static class TokenScope
{
    /// <summary>All that either asks for: the actions of one resource together.</summary>
    public static string Union(string? one, string other)
    {
        var actions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (resource, action) in Rights($"{one} {other}"))
        {
            if (!actions.TryGetValue(resource, out var known))
            {
                actions[resource] = known = [];
            }

            if (!known.Contains(action, StringComparer.Ordinal))
            {
                known.Add(action);
            }
        }

        return string.Join(' ', actions.Select(resource => $"{resource.Key}:{string.Join(',', resource.Value)}"));
    }

    /// <summary>Whether a token for one scope does for another.</summary>
    public static bool Covers(string scope, string wanted) => !Rights(wanted).Except(Rights(scope)).Any();

    // A resource's name may hold colons: a host with its port.
    private static IEnumerable<(string Resource, string Action)> Rights(string scopes) =>
        from scope in scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let end = scope.LastIndexOf(':')
        from action in end < 0 ? [""] : scope[(end + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries)
        select (end < 0 ? scope : scope[..end], action);
}
