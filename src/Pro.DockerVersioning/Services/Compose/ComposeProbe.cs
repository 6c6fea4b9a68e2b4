using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Compose;

/// <summary>
/// Finds compose. Every <c>docker</c> on PATH is asked for its plugin, and every <c>docker-compose</c> for its version.
/// </summary>
internal static partial class ComposeProbe
{
    /// <summary>docker-compose 1.x takes a second to start, and twenty where forty processes want two cores.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly ProgramMemory<Candidate> Memory =
        new(static candidate => candidate.Program is not null, static candidate => candidate.IsLate);

    /// <summary>
    /// The program to use: the one that made the container, else one of its generation, since the hashes of the two can't be compared;
    /// else the plugin; else docker-compose.
    /// </summary>
    /// <param name="environment">With PATH.</param>
    /// <param name="madeBy">The container's label <c>com.docker.compose.version</c>, or null.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ProException">There is none, or only one that is too old.</exception>
    public static async Task<ComposeProgram> ChooseAsync(ChildEnvironment environment, string? madeBy, CancellationToken cancellationToken)
    {
        var candidates = await FindAllAsync(environment).WaitAsync(cancellationToken).ConfigureAwait(false);
        var programs = candidates
            .Select(candidate => candidate.Program)
            .Where(program => program is not null && program.Version >= ComposeProgram.First)
            .Select(program => program!)
            .ToList();
        bool? v1 = ClientVersion.Parse(madeBy) is { } maker ? maker.Major < 2 : null;
        return programs.FirstOrDefault(program => madeBy is not null && SameVersion(program.VersionText, madeBy))
            ?? programs.FirstOrDefault(program => program.IsV1 == v1)
            ?? programs.FirstOrDefault(program => !program.IsV1)
            ?? programs.FirstOrDefault()
            ?? throw ComposeErrors.NotFound([.. candidates.Select(candidate => candidate.ToString())]);
    }

    /// <summary>"v2.40.3" and "2.40.3-3" are one version, packaged twice.</summary>
    private static bool SameVersion(string one, string other) =>
        Numbers().Match(one) is { Success: true } left && Numbers().Match(other) is { Success: true } right
        && left.Groups["numbers"].Value == right.Groups["numbers"].Value;

    private static Task<IReadOnlyList<Candidate>> FindAllAsync(ChildEnvironment environment)
    {
        var docker = ClientSearch.Find(environment);
        var own = ClientSearch.Find(environment, "docker-compose");
        return Memory.AskAsync([.. docker, .. own], environment, () => ProbeAllAsync(docker, own, environment));
    }

    private static async Task<IReadOnlyList<Candidate>> ProbeAllAsync(
        IReadOnlyList<string> docker, IReadOnlyList<string> own, ChildEnvironment environment) =>
        await Task.WhenAll(
            docker.Select(path => ProbeAsync(path, ["compose"], environment))
                .Concat(own.Select(path => ProbeAsync(path, [], environment)))).ConfigureAwait(false);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever is wrong with a program, it is passed over with that reason.")]
    private static async Task<Candidate> ProbeAsync(string path, string[] prefix, ChildEnvironment environment)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var result = await Cli.Wrap(path)
                .WithArguments([.. prefix, "version", "--short"])
                .WithEnvironmentVariables(environment.Overlay)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(patience.Token)
                .ConfigureAwait(false);
            var text = result.StandardOutput.Trim();
            return result.IsSuccess && ClientVersion.Parse(text) is { } version
                ? new Candidate(path, new ComposeProgram(path, prefix, text.TrimStart('v'), version), text)
                : new Candidate(path, null, prefix.Length > 0 ? "without the plugin compose" : "doesn't tell its version");
        }
        catch (OperationCanceledException)
        {
            return new Candidate(path, null, $"didn't answer within {Patience.TotalSeconds:0} s") { IsLate = true };
        }
        catch (Exception exception)
        {
            return new Candidate(path, null, "couldn't be started: " + exception.Message);
        }
    }

    [GeneratedRegex(@"\Av?(?<numbers>[0-9]+(?:\.[0-9]+)*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Numbers();

    private sealed record Candidate(string Path, ComposeProgram? Program, string Told)
    {
        public bool IsLate { get; init; }

        public override string ToString() => $"{Path} ({Told})";
    }
}
