namespace Pro.DockerVersioning.Git;

/// <summary>
/// Asks git whether it knows a commit by the first digits of its hash. The repository is opened for the first question only. Without one
/// nothing is known.
/// </summary>
/// <param name="folder">A folder in the repository.</param>
internal sealed class CommitLookup(string folder) : IDisposable
{
    private readonly Dictionary<string, bool> _answers = new(StringComparer.Ordinal);
    private readonly object _gate = new();
    private GitRepository? _repository;
    private bool _isOpened;

    /// <summary>Whether git knows such a commit.</summary>
    /// <param name="hash">The first digits of its hash.</param>
    public bool Knows(string hash)
    {
        lock (_gate)
        {
            if (!_answers.TryGetValue(hash, out var isKnown))
            {
                _answers[hash] = isKnown = Open()?.KnowsPrefix(hash) == true;
            }

            return isKnown;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _repository?.Dispose();

    private GitRepository? Open()
    {
        if (!_isOpened)
        {
            _isOpened = true;
            try
            {
                _repository = GitRepository.Open(folder);
            }
            catch (ProException)
            {
                // A server without a clone, or one that can't be read: the images' labels alone say what is a commit.
            }
        }

        return _repository;
    }
}
