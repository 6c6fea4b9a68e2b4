using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// Asks a loopback health URL of another machine inside the container: on the container's own address and the port behind the published
/// one, with the programs that the image has. What is secret in the URL goes through their input: argument lists are seen by others.
/// </summary>
internal sealed partial class InnerUrlProbe(EngineConnection engine, string id, Uri address) : IUrlProbe
{
    // What curl writes if it got none.
    private const string NoStatus = "000";

    private static readonly Asker[] Askers =
    [
        new("curl", IsRaw: false, static (_, _) => ["curl", "-q", "-K", "-"]),
        new("bash", IsRaw: true, static (host, port) =>
            ["bash", "-c", "exec 3<>\"/dev/tcp/$0/$1\" || exit 1; cat >&3 & cat <&3; kill $!", host, port]),
        new("nc", IsRaw: true, static (host, port) => ["nc", host, port]),
    ];

    private int _asker;

    public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var (host, port) = await FindAsync(cancellationToken).ConfigureAwait(false);
        for (; _asker < Askers.Length; _asker++)
        {
            if (CanAsk(Askers[_asker])
                && await AskAsync(Askers[_asker], host, port, cancellationToken).ConfigureAwait(false) is { } outcome)
            {
                return outcome;
            }
        }

        throw VerificationErrors.HealthUrlCannotBeAsked(
            UrlText.Shown(address), engine.Endpoint.ToString(), Askers.Where(CanAsk).Select(asker => asker.Name));
    }

    /// <summary>What curl reads from its input.</summary>
    internal static string CurlInput(Uri url, string host, string port)
    {
        var plain = new UriBuilder(url) { UserName = "", Password = "", Fragment = "" }.Uri;
        var target = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        var lines = new List<(string Option, string Value)>
        {
            ("url", plain.AbsoluteUri),
            ("connect-to", $"::{target}:{port}"),
            ("max-time", UrlProbes.RequestTime.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)),
            ("noproxy", "*"),
            ("user-agent", "Pro.DockerVersioning"),
            ("output", "/dev/null"),
            ("write-out", "HTTP/ %{http_code}\\n"),
        };
        if (url.UserInfo.Length > 0)
        {
            lines.Add(("user", Uri.UnescapeDataString(url.UserInfo)));
        }

        return "silent\nshow-error\n" + string.Concat(lines.Select(line => $"{line.Option} = \"{Escaped(line.Value, line.Option)}\"\n"));
    }

    /// <summary>A request as it goes over the connection.</summary>
    internal static string RawInput(Uri url)
    {
        var authorization = url.UserInfo.Length > 0 ? $"Authorization: {UrlProbe.Authorization(url)}\r\n" : "";
        return $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nUser-Agent: Pro.DockerVersioning\r\nAccept: */*\r\n"
            + $"{authorization}Connection: close\r\n\r\n";
    }

    // Of these only curl knows TLS.
    private bool CanAsk(Asker asker) => !asker.IsRaw || address.Scheme == Uri.UriSchemeHttp;

    private static string Escaped(string value, string option) =>
        option == "write-out" ? value
            : value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Null if the image lacks the program.</summary>
    private async Task<ProbeOutcome?> AskAsync(Asker asker, string host, string port, CancellationToken cancellationToken)
    {
        var shown = UrlText.Shown(address);
        using var limit = Clock.Limit(UrlProbes.RequestTime, cancellationToken);
        try
        {
            var input = asker.IsRaw ? RawInput(address) : CurlInput(address, host, port);
            var output = await ExecAsync(asker.Command(host, port), input, limit.Token).ConfigureAwait(false);
            if (StatusOf(output) is { } code && code != NoStatus)
            {
                return new ProbeOutcome(
                    code[0] == '2' ? ProbeVerdict.Well : ProbeVerdict.NotWell, $"{shown} answered {code} (asked inside the container)");
            }

            // What an engine says of a program that it can't find.
            return output.Contains("OCI runtime exec failed", StringComparison.Ordinal)
                || output.Contains("executable file not found", StringComparison.Ordinal)
                ? null
                : new ProbeOutcome(ProbeVerdict.NotWell, $"{shown}: no answer inside the container{Words(output)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeOutcome(ProbeVerdict.NotWell, string.Create(
                CultureInfo.InvariantCulture,
                $"{shown}: no answer inside the container within {UrlProbes.RequestTime.TotalSeconds:0.###} s"));
        }
        catch (Exception fault) when (fault is ProException or DockerApiException or IOException or HttpRequestException
            && fault.Message.Contains("executable file not found", StringComparison.Ordinal))
        {
            return null;
        }
        catch (Exception fault) when (fault is DockerApiException or IOException or HttpRequestException)
        {
            return new ProbeOutcome(ProbeVerdict.NotWell, $"{shown}: {LogText.Clean(fault.Message)}");
        }
    }

    private static string? StatusOf(string output) => Status().Match(output) is { Success: true } match ? match.Groups[1].Value : null;

    private static string Words(string output) =>
        output.Split('\n').Select(LogText.Clean)
            .FirstOrDefault(line => line.Length > 0 && !line.StartsWith("HTTP/", StringComparison.Ordinal)) is { } line ? $" ({line})" : "";

    private async Task<string> ExecAsync(string[] command, string input, CancellationToken cancellationToken)
    {
        var create = new ContainerExecCreateParameters { AttachStdin = true, AttachStdout = true, AttachStderr = true, Cmd = command };
        var exec = await engine
            .CallAsync(client => client.Exec.CreateContainerExecAsync(id, create, cancellationToken)).ConfigureAwait(false);
        using var stream = await engine
            .CallAsync(client => client.Exec.StartContainerExecAsync(exec.ID, new ContainerExecStartParameters(), cancellationToken))
            .ConfigureAwait(false);
        var bytes = Encoding.UTF8.GetBytes(input);
        await stream.WriteAsync(bytes, 0, bytes.Length, cancellationToken).ConfigureAwait(false);
        if (command[0] == "curl")
        {
            stream.CloseWrite();
        }

        // A status is enough: some answers never end.
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (StatusOf(text.ToString()) is null or NoStatus)
        {
            var read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false);
            if (read.EOF)
            {
                break;
            }

            _ = text.Append(Encoding.UTF8.GetString(buffer, 0, read.Count));
        }

        return text.ToString();
    }

    /// <summary>The address and the port that the published one leads to.</summary>
    private async Task<(string Host, string Port)> FindAsync(CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(engine);
        var container = await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false);
        var owner = await HostPort.OwnerAsync(container, one => calls.FindAsync(one, cancellationToken)).ConfigureAwait(false);
        var host = (owner?.Networks ?? []).Select(network => network.Value.Text("IPAddress"))
            .FirstOrDefault(ip => ip.Length > 0);
        var port = (owner is { } found ? HostPort.InnerPort(found, address.Port) : null) ?? address.Port;
        return (host ?? "127.0.0.1", port.ToString(CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^HTTP/[0-9.]* ([0-9]{3})", RegexOptions.Multiline)]
    private static partial Regex Status();

    /// <summary>A program that can ask, with its command line for an address and a port. A raw one only carries bytes.</summary>
    private sealed record Asker(string Name, bool IsRaw, Func<string, string, string[]> Command);
}
