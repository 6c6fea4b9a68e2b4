namespace Pro.DockerVersioning.Git;

/// <summary>The name that was probably meant: the nearest by insertions, deletions and replacements.</summary>
internal static class NearestName
{
    private const int Furthest = 2;

    /// <summary>The nearest of the names, or null where none is near; of equally near ones the last.</summary>
    public static string? Find(string text, IEnumerable<string> names)
    {
        string? nearest = null;
        var least = Furthest;
        foreach (var name in names)
        {
            if (Math.Abs(name.Length - text.Length) > least)
            {
                continue;
            }

            var distance = Distance(text, name);
            if (distance <= least)
            {
                (nearest, least) = (name, distance);
            }
        }

        return nearest;
    }

    private static int Distance(string one, string other)
    {
        var previous = new int[other.Length + 1];
        var current = new int[other.Length + 1];
        for (var column = 0; column <= other.Length; column++)
        {
            previous[column] = column;
        }

        for (var row = 1; row <= one.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= other.Length; column++)
            {
                var replaced = previous[column - 1] + (one[row - 1] == other[column - 1] ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(previous[column], current[column - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[other.Length];
    }
}
