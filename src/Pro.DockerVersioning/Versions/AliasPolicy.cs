namespace Pro.DockerVersioning.Versions;

/// <summary>Plans the aliases of a version. They move forward only: to the newest stable release of their line.</summary>
internal static class AliasPolicy
{
    /// <summary>Whether a tag is an alias, so no version: <c>latest</c>, <c>v1</c>, <c>v1.2</c>.</summary>
    public static bool IsAlias(string? tag) => AliasName.TryParse(tag, out _);

    /// <summary>The aliases that are judged for a version: <c>latest</c>, and of a release those of its line that are wanted.</summary>
    public static IReadOnlyList<string> Judged(ProVersion version, ProAlias wanted) =>
        [.. LinesOf(version, wanted).Select(alias => alias.ToString())];

    /// <summary>The version that an alias ought to name: the newest stable one of its line, or null.</summary>
    public static ProVersion? NewestStable(string alias, IEnumerable<ProVersion> versions) =>
        AliasName.TryParse(alias, out AliasName? line) ? NewestStable(line, versions) : null;

    /// <summary>Decides on <c>latest</c> and the wanted aliases, in the order latest, minor, major. Asks nobody twice.</summary>
    public static IReadOnlyList<AliasDecision> Plan(AliasRequest request) =>
        LinesOf(request.Version, request.Aliases).Select(alias => Decide(alias, request)).ToArray();

    private static IEnumerable<AliasName> LinesOf(ProVersion version, ProAlias wanted)
    {
        yield return AliasName.Latest;

        // A commit belongs to no line, not even a description: what it describes isn't what it is.
        if (version.Kind != ProVersionKind.Release)
        {
            yield break;
        }

        if (wanted.HasFlag(ProAlias.Minor))
        {
            yield return new AliasName(version.Major, version.Minor);
        }

        if (wanted.HasFlag(ProAlias.Major))
        {
            yield return new AliasName(version.Major, null);
        }
    }

    private static AliasDecision Decide(AliasName alias, AliasRequest request)
    {
        ProVersion version = request.Version;
        AliasHolder? holder = request.Holders.FirstOrDefault(one => one.Alias == alias.ToString());
        (bool moves, string reason) = (alias == AliasName.Latest, request.Latest) switch
        {
            (true, ProLatestPolicy.Always) => (true, $"moves to {version}: asked for by -Latest Always"),
            (true, ProLatestPolicy.Never) => Stay(holder, "asked for by -Latest Never"),
            _ when version.IsDirty => Stay(holder, $"{version} holds changes that no commit has"),
            _ when version.Kind != ProVersionKind.Release => DecideCommit(holder, request),
            _ when IsUnstableMajor(alias) => Stay(holder, "below 1.0.0 every minor version may break, so no v0 is made"),
            _ when version.IsPrerelease => Stay(holder, $"{version} is a pre-release"),
            _ => DecideRelease(alias, holder, request),
        };
        return new AliasDecision(alias.ToString(), moves, reason) { IsHeldBack = !moves && MayMove(alias, request) };
    }

    /// <summary>Whether a version of this kind moves the alias at all, were nothing newer there.</summary>
    public static bool MayMove(string alias, ProVersion version, ProLatestPolicy latest) =>
        AliasName.TryParse(alias, out AliasName? name)
        && !(name == AliasName.Latest && latest == ProLatestPolicy.Never)
        && !IsUnstableMajor(name)
        && !version.IsDirty
        && !version.IsPrerelease;

    private static bool MayMove(AliasName alias, AliasRequest request) => MayMove(alias.ToString(), request.Version, request.Latest);

    /// <summary>
    /// The newest stable release takes the alias from whatever holds it, a commit's build ahead of it too: else one commit's build
    /// would end the following of releases for good.
    /// </summary>
    private static (bool Moves, string Reason) DecideRelease(AliasName alias, AliasHolder? holder, AliasRequest request)
    {
        ProVersion version = request.Version;
        IEnumerable<ProVersion> there = holder?.Version is { } held ? request.Existing.Append(held) : request.Existing;
        ProVersion? newest = NewestStable(alias, there);
        return newest is not null && newest.CompareTo(version) > 0
            ? Stay(holder, newest.Equals(holder?.Version) ? $"{version} is older" : $"{version} is older than {newest}")
            : (true, Move(
                holder, version, alias == AliasName.Latest ? "the newest stable release" : $"the newest stable release of {alias}"));
    }

    private static (bool Moves, string Reason) DecideCommit(AliasHolder? holder, AliasRequest request)
    {
        ProVersion version = request.Version;
        if (holder is null || version.Equals(holder.Version))
        {
            return (true, Move(holder, version, null));
        }

        return (request.Ancestry?.Invoke(holder) ?? CommitRelation.Unknown) switch
        {
            CommitRelation.Ancestor => (true, Move(holder, version, "a later commit")),
            CommitRelation.NotAncestor => Stay(holder, $"its commit is not an ancestor of {version}"),
            _ => Stay(holder, $"whether its commit is an ancestor of {version} can't be told here"),
        };
    }

    private static string Move(AliasHolder? holder, ProVersion version, string? why) => holder switch
    {
        null => $"is new, at {version}{(why is null ? null : ", " + why)}",
        { Version: { } held } when held.Equals(version) => $"stays with {version}, built again",
        _ => $"moves from {Name(holder)} to {version}{(why is null ? null : ", " + why)}",
    };

    private static (bool Moves, string Reason) Stay(AliasHolder? holder, string why) =>
        (false, holder is null ? $"is not made: {why}" : $"stays at {Name(holder)}: {why}");

    private static string Name(AliasHolder holder) => holder.Version?.ToString() ?? holder.Identity;

    private static bool IsUnstableMajor(AliasName alias) => alias is { Major.IsZero: true, Minor: null };

    private static ProVersion? NewestStable(AliasName alias, IEnumerable<ProVersion> versions) =>
        versions.Where(version => version.IsStable && alias.Covers(version)).Max();
}
