using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Commands;

/// <summary>The parameter -Alias, as the settings take it.</summary>
internal static class AliasParameter
{
    /// <summary>The aliases one by one.</summary>
    public static IReadOnlyList<VersionAlias> ToList(this ProAlias aliases)
    {
        var list = new List<VersionAlias>();
        if (aliases.HasFlag(ProAlias.Minor))
        {
            list.Add(VersionAlias.Minor);
        }

        if (aliases.HasFlag(ProAlias.Major))
        {
            list.Add(VersionAlias.Major);
        }

        return list;
    }
}
