using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>
/// Finds compose. Every <c>docker</c> on PATH is asked for its plugin, and every <c>docker-compose</c> for its version.
/// </summary>
internal static partial class ComposeProbe
{
    /// <summary>docker-compose 1.x takes a second to start, and twenty where forty processes want two cores.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly ProgramProbeCache<Candidate> Memory =
        new(static candidate => candidate.Program is not null, static candidate => candidate.IsLate);

    /// <summary>
    /// The program to use: the one that made the container, else one of its generation, since the hashes of the two can't be compared;
    /// else the plugin; else docker-compose.
    /// </summary>
    /// <exception cref="ProException">
    /// There is none, or only one that is too old; or the right one did not answer in time, and may be there.
    /// </exception>
    public static async Task<ComposeProgram> ChooseAsync(
        ChildEnvironment environment, string? madeBy, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        var limit = patience ?? Patience;
        var docker = DockerClientFinder.Find(environment);
        var own = DockerClientFinder.Find(environment, "docker-compose");
        var candidates = await Memory.AskAsync([.. docker, .. own], environment, async () => await Task.WhenAll(
            docker.Select(path => ProbeAsync(path, ["compose"], environment, limit))
                .Concat(own.Select(path => ProbeAsync(path, [], environment, limit)))).ConfigureAwait(false))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        var programs = candidates
            .Select(candidate => candidate.Program).OfType<ComposeProgram>()
            .Where(program => program.Version >= ComposeProgram.First).ToList();
        var late = candidates.FirstOrDefault(candidate => candidate.IsLate);
        bool? v1 = ClientVersion.Parse(madeBy) is { } maker ? maker.Major < 2 : null;
        return programs.FirstOrDefault(program => NumbersOf(madeBy) is { Length: > 0 } numbers && NumbersOf(program.VersionText) == numbers)
            ?? programs.FirstOrDefault(program => program.IsV1 == v1)
            ?? (late is null || v1 is null ? programs.FirstOrDefault(program => !program.IsV1) : null)
            ?? (late is null ? programs.FirstOrDefault() : null)
            ?? throw (late is null
                ? ComposeErrors.NotFound([.. candidates.Select(candidate => candidate.ToString())])
                : ComposeErrors.DidNotAnswer(late.Path, limit));
    }

    /// <summary>"v2.40.3" and "2.40.3-3" are one version, packaged twice.</summary>
    private static string NumbersOf(string? version) => Numbers().Match(version ?? "").Groups["numbers"].Value;

    [SuppressMessage("Design", "CA1031", Justification = "Whatever is wrong with a program, it is passed over with that reason.")]
    private static async Task<Candidate> ProbeAsync(string path, string[] prefix, ChildEnvironment environment, TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
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
            return new Candidate(path, null, $"didn't answer within {limit.TotalSeconds:0} s") { IsLate = true };
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
