using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Tests.Configuration;

/// <summary>Keeps what is reported, at once and in order (System.Progress would post it to another thread).</summary>
internal sealed class Collected : IProgress<Report>
{
    public List<string> Warnings { get; } = [];

    public List<string> Verbose { get; } = [];

    public void Report(Report value)
    {
        if (value is WarningReport warning)
        {
            Warnings.Add(warning.Message);
        }
        else if (value is VerboseReport verbose)
        {
            Verbose.Add(verbose.Message);
        }
    }
}
