using System.Collections.Concurrent;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// What programs on PATH have said of themselves, once for each PATH and set of Docker's variables in a process, unless none of them will
/// do, or one did not answer in time: what was installed meanwhile is found in the same session.
/// </summary>
/// <typeparam name="T">An answer.</typeparam>
/// <param name="willDo">Whether a program can do what is asked for.</param>
/// <param name="isLate">Whether it did not answer in time.</param>
internal sealed class ProgramProbeCache<T>(Func<T, bool> willDo, Func<T, bool> isLate)
{
    private static readonly string[] Variables = ["PATH", "HOME", "USERPROFILE", "DOCKER_CONFIG", "DOCKER_CLI_PLUGIN_EXTRA_DIRS"];

    private readonly ConcurrentDictionary<string, Task<IReadOnlyList<T>>> _known = new(StringComparer.Ordinal);

    /// <summary>Asks, or remembers.</summary>
    /// <param name="programs">The programs' paths.</param>
    /// <param name="environment">With Docker's variables.</param>
    /// <param name="ask">Asks them all.</param>
    public async Task<IReadOnlyList<T>> AskAsync(
        IReadOnlyList<string> programs, ChildEnvironment environment, Func<Task<IReadOnlyList<T>>> ask)
    {
        var key = string.Join('\n', programs.Concat(Variables.Select(name => environment.Get(name))));
        var asking = _known.GetOrAdd(key, _ => ask());
        var answers = await asking.ConfigureAwait(false);
        if (!answers.Any(willDo) || answers.Any(isLate))
        {
            _ = _known.TryRemove(KeyValuePair.Create(key, asking));
        }

        return answers;
    }
}
