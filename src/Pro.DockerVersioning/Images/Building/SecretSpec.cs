using System.Text;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building.Dockerfile;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>One secret in Docker's own form, looked at before the build: what isn't there would fail in the middle.</summary>
/// <param name="Id">Its name in the Dockerfile.</param>
/// <param name="Path">The file that holds it, or null.</param>
/// <param name="Variable">The variable that holds it, or null.</param>
internal sealed record SecretSpec(string Id, string? Path, string? Variable)
{
    /// <summary>Reads <c>id=x,src=PATH</c>, <c>id=x,env=NAME</c>, <c>id=x</c> (a variable, else a file), as the client does.</summary>
    /// <exception cref="ProException">It has another form, or its file or variable isn't there.</exception>
    public static SecretSpec Parse(string subject, string spec, ChildEnvironment environment)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in SplitCsv(spec))
        {
            var (key, value) = DockerfileInstruction.Cut(field);
            key = key.Equals("source", StringComparison.OrdinalIgnoreCase) ? "src" : key;
            if (value is null || key.ToLowerInvariant() is not ("id" or "src" or "env" or "type"))
            {
                // The text might be the secret itself, by mistake: the error doesn't repeat it.
                throw BuildErrors.SecretInvalid(subject, fields.GetValueOrDefault("id"));
            }

            fields[key] = value;
        }

        return Create(subject, fields, environment);
    }

    /// <summary>The form that goes to the client: the same, with the full path.</summary>
    public override string ToString()
    {
        var source = Variable is null ? "src=" + Path : "env=" + Variable;
        return $"id={Id},{(source.AsSpan().ContainsAny(",\"") ? $"\"{source.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : source)}";
    }

    private static SecretSpec Create(string subject, Dictionary<string, string> fields, ChildEnvironment environment)
    {
        var path = fields.GetValueOrDefault("src");
        var variable = fields.GetValueOrDefault("env");
        if (!fields.TryGetValue("id", out var id) || id.Length == 0 || (path is not null && variable is not null)
            || fields.GetValueOrDefault("type") is not (null or "file" or "env"))
        {
            throw BuildErrors.SecretInvalid(subject, id);
        }

        if (fields.GetValueOrDefault("type") == "env" && variable is null)
        {
            (variable, path) = (path ?? id, null);
        }

        if (path is null && variable is null)
        {
            (variable, path) = environment.Get(id) is null ? (null, id) : (id, (string?)null);
        }

        if (variable is not null)
        {
            return environment.Get(variable) is null
                ? throw BuildErrors.SecretVariableMissing(subject, id, variable)
                : new SecretSpec(id, null, variable);
        }

        var full = environment.FullPath(path!);
        return File.Exists(full) ? new SecretSpec(id, full, null) : throw BuildErrors.SecretFileMissing(subject, id, full);
    }

    private static List<string> SplitCsv(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append(text[i++]);
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (text[i] == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(text[i]);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
