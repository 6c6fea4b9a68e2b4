using LibGit2Sharp;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// What <c>git describe --tags</c> does, step by step, with the tags that are versions: libgit2's own counts wrongly if branches merge
/// (seen: 44 for 77), and an image's name must be the one that git gives. Commits are taken newest
/// first; the first ten tagged ones are candidates; each counts
/// the commits that it doesn't reach; the least wins.
/// </summary>
internal sealed class DescribeWalk(TagIndex tags)
{
    private const int MaximumCandidates = 10;
    private const uint Seen = 1;

    private readonly Dictionary<ObjectId, Node> nodes = [];

    // Newest first; of the same second the one that came first.
    private readonly PriorityQueue<Node, (long Time, int Order)> queue = new();
    private int waitingOrder;

    /// <summary>The tags that aren't versions on the way to the answer.</summary>
    public List<string> PassedOver { get; } = [];

    /// <summary>The answer for one commit; null if no version can be reached.</summary>
    public DescribeText? Describe(Commit commit)
    {
        var hash = commit.Sha[..DescribeText.HashLength];
        if (tags.PreferredAt(commit.Sha) is { } exact)
        {
            PassedOver.AddRange(tags.OthersAt(commit.Sha));
            return new(exact.Name, 0, hash);
        }

        var candidates = new List<Candidate>();
        Enqueue(new Node(commit) { Flags = Seen });
        FindCandidates(candidates);
        if (candidates.MinBy(candidate => (candidate.Depth, candidate.Flag)) is not { } best)
        {
            return null;
        }

        FinishCounting(best);
        return new(best.Tag.Name, best.Depth, hash);
    }

    private void FindCandidates(List<Candidate> candidates)
    {
        var seen = 0;
        var annotated = false;
        while (queue.TryDequeue(out var node, out _))
        {
            seen++;
            if (candidates.Count == 0)
            {
                PassedOver.AddRange(tags.OthersAt(node.Id.Sha));
            }

            if (tags.PreferredAt(node.Id.Sha) is { } tag)
            {
                if (candidates.Count == MaximumCandidates)
                {
                    // One too many: it is looked at again when the counting ends.
                    Enqueue(node);
                    return;
                }

                var candidate = new Candidate(tag, seen - 1, Seen << (candidates.Count + 1));
                candidates.Add(candidate);
                node.Flags |= candidate.Flag;
                annotated |= tag.AnnotationSha is not null;
            }

            foreach (var candidate in candidates.Where(candidate => (node.Flags & candidate.Flag) == 0))
            {
                candidate.Depth++;
            }

            if (annotated && queue.Count == 0 && IsReachedByTheBest(candidates, node))
            {
                return;
            }

            EnqueueParents(node);
        }
    }

    private static bool IsReachedByTheBest(List<Candidate> candidates, Node node)
    {
        var least = candidates.Min(candidate => candidate.Depth);
        var flags = candidates.Where(candidate => candidate.Depth == least).Aggregate(0u, (sum, candidate) => sum | candidate.Flag);
        return (node.Flags & flags) == flags;
    }

    private void FinishCounting(Candidate best)
    {
        while (queue.TryDequeue(out var node, out _))
        {
            if ((node.Flags & best.Flag) == 0)
            {
                best.Depth++;
            }
            else if (queue.UnorderedItems.All(item => (item.Element.Flags & best.Flag) != 0))
            {
                return;
            }

            EnqueueParents(node);
        }
    }

    private void EnqueueParents(Node node)
    {
        foreach (var parent in node.Commit.Parents)
        {
            if (!nodes.TryGetValue(parent.Id, out var known))
            {
                known = new Node(parent);
                Enqueue(known);
            }

            known.Flags |= node.Flags;
        }
    }

    private void Enqueue(Node node)
    {
        nodes[node.Id] = node;
        queue.Enqueue(node, (-node.Commit.Committer.When.ToUnixTimeSeconds(), waitingOrder++));
    }

    private sealed class Node(Commit commit)
    {
        public Commit Commit => commit;

        public ObjectId Id => commit.Id;

        public uint Flags { get; set; }
    }

    private sealed class Candidate(GitTag tag, int depth, uint flag)
    {
        public GitTag Tag => tag;

        public int Depth { get; set; } = depth;

        public uint Flag => flag;
    }
}
