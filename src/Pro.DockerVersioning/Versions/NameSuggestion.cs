namespace Pro.DockerVersioning.Versions;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NameSuggestion
{
    /// <summary>
    /// The known name nearest to what was typed, by changed, added, dropped and swapped letters (case counts for nothing); null when
    /// nothing is near. A beginning of three letters or more is near too.
    /// </summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        string[] names = known.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        int allowed = Math.Max(1, typed.Length / 3);
        string? nearest = names
            .Select(name => (Name: name, Distance: Distance(Fold(typed), Fold(name))))
            .Where(one => one.Distance <= allowed && one.Distance < Math.Max(typed.Length, one.Name.Length))
            .OrderBy(one => one.Distance)
            .Select(one => one.Name)
            .FirstOrDefault();
        return nearest
            ?? (typed.Length < 3 ? null : names.FirstOrDefault(name => name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)));
    }

    private static string Fold(string name) => name.ToUpperInvariant();

    /// <summary>Optimal string alignment: Levenshtein's distance with swaps of neighbours.</summary>
    private static int Distance(string left, string right)
    {
        int[] beforeLast = new int[right.Length + 1];
        int[] last = Enumerable.Range(0, right.Length + 1).ToArray();
        for (int i = 1; i <= left.Length; i++)
        {
            int[] row = new int[right.Length + 1];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int change = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
                }
            }

            (beforeLast, last) = (last, row);
        }

        return last[right.Length];
    }
}
