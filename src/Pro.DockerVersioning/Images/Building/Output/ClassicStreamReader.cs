using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building.Output;

/// <summary>Reads the classic builder's text: <c>Step 3/7 : RUN x</c>, the output of the containers, <c>---&gt; Using cache</c>.</summary>
internal sealed partial class ClassicStreamReader(BuildLog log)
{
    private readonly StringBuilder _partial = new();
    private string? _step;
    private bool _cached;

    /// <summary>Takes a piece of text as it came: part of a line, a line, or several.</summary>
    public void Read(string text)
    {
        // Each step's heading comes as a message without a line end, which follows in the next one.
        var start = 0;
        for (var end = text.IndexOf('\n', StringComparison.Ordinal); end >= 0; end = text.IndexOf('\n', start))
        {
            _partial.Append(text, start, end - start);
            ReadLine();
            start = end + 1;
        }

        _partial.Append(text, start, text.Length - start);
        if (_partial.Length > 65536)
        {
            ReadLine();
        }
    }

    /// <summary>The build went well: so did its last step.</summary>
    public void Complete()
    {
        ReadLine();
        EndStep();
    }

    /// <summary>The build failed: so did the step under way.</summary>
    public void Fail(string error)
    {
        ReadLine();
        log.FailCurrent(error);
    }

    private void ReadLine()
    {
        if (_partial.Length == 0)
        {
            return;
        }

        // The classic builder paints what containers write to their standard error red.
        var line = Colour().Replace(_partial.ToString(), string.Empty).TrimEnd('\r');
        _partial.Clear();
        if (BuildStep.FromClassic(line) is { } step)
        {
            EndStep();
            _step = line;
            log.Start(line, step);
        }
        else if (line == " ---> Using cache")
        {
            _cached = true;
        }
        else if (line.Length > 0 && !Bookkeeping().IsMatch(line))
        {
            log.Line(_step, line);
        }
    }

    private void EndStep()
    {
        if (_step is not null)
        {
            log.Complete(_step, _cached ? StepOutcome.Cached : StepOutcome.Done);
        }

        _step = null;
        _cached = false;
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colour();

    [GeneratedRegex(
        @"\A(?: ---> (?:[0-9a-f]{12})?| ---> Running in [0-9a-f]{12}|(?: ---> Removed|Removing) intermediate container [0-9a-f]{12}"
        + @"|Successfully built [0-9a-f]{12}|(?:--> )?(?:[0-9a-f]{12}|[0-9a-f]{64})|COMMIT \S+|Successfully tagged \S+)\z")]
    private static partial Regex Bookkeeping();
}
