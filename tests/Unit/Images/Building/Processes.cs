using System.Text;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>What any user of the machine sees of its processes.</summary>
internal static class Processes
{
    /// <summary>The argument lists that hold this text.</summary>
    public static IReadOnlyList<string> WithArgument(string text)
    {
        var found = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                var line = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).Replace('\0', ' ');
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    found.Add(line);
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>Waits until none is left.</summary>
    public static async Task AssertGoneAsync(string text, TimeSpan within)
    {
        var until = DateTime.UtcNow + within;
        while (WithArgument(text) is { Count: > 0 } left)
        {
            Assert.True(DateTime.UtcNow < until, string.Join('\n', left));
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
