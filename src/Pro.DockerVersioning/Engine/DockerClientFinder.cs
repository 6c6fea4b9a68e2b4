using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>Finds every program of a name on PATH, in its order, each once.</summary>
internal static class DockerClientFinder
{
    /// <summary>Docker's client.</summary>
    public const string Docker = "docker";

    /// <summary>The full paths as PATH gives them.</summary>
    /// <param name="environment">With PATH.</param>
    /// <param name="program">The program's name, without Windows' <c>.exe</c>.</param>
    public static IReadOnlyList<string> Find(ChildEnvironment environment, string program = Docker) =>
        ProgramFinder.FindAll(program, environment.Get("PATH"));
}
