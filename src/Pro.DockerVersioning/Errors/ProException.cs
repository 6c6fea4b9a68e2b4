using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning;

/// <summary>
/// An error as the user sees it: what was wrong, with the value, and what to do about it. Built only by the methods of
/// <c>Errors/</c>, one place for every sentence. The exception of Docker's or git's library is kept as the inner exception.
/// </summary>
public sealed class ProException : Exception
{
    internal ProException(
        string id,
        ProErrorCategory category,
        string message,
        string recommendedAction,
        object? target = null,
        Exception? inner = null)
        : base(PlainText.Of(message), inner)
    {
        Id = id;
        Category = category;
        RecommendedAction = PlainText.Of(recommendedAction);
        Target = target;
    }

    /// <summary>The stable identifier, in PascalCase: the first part of PowerShell's FullyQualifiedErrorId.</summary>
    public string Id { get; }

    /// <summary>What kind of error it is.</summary>
    public ProErrorCategory Category { get; }

    /// <summary>What the user can do about it, in one or two sentences or a command line.</summary>
    public string RecommendedAction { get; }

    /// <summary>What the error is about: a service, a reference, a path; or null.</summary>
    public object? Target { get; }
}
