using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class CheckBudgetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_single_check_gets_all_threads_that_it_can_use()
    {
        var budget = new CheckBudget(maxChecks: 4, maxThreads: 8);
        Assert.Equal(8, await budget.EnterAsync(32, default));
    }

    [Fact]
    public async Task A_small_check_runs_beside_a_large_one()
    {
        var budget = new CheckBudget(maxChecks: 4, maxThreads: 8);
        await budget.EnterAsync(32, default);
        Assert.Equal(1, await budget.EnterAsync(1, default));
    }

    [Fact]
    public async Task Further_checks_wait_in_the_order_of_their_calls()
    {
        var budget = new CheckBudget(maxChecks: 2, maxThreads: 8);
        int first = await budget.EnterAsync(3, default);
        await budget.EnterAsync(3, default);
        Task<int> third = budget.EnterAsync(3, default);
        Task<int> fourth = budget.EnterAsync(3, default);
        Assert.False(third.IsCompleted);
        budget.Release(first);
        Assert.Equal(3, await third);
        Assert.False(fourth.IsCompleted);
        budget.Release(3);
        Assert.Equal(3, await fourth);
    }

    [Fact]
    public async Task A_cancelled_wait_takes_no_place()
    {
        var budget = new CheckBudget(maxChecks: 1, maxThreads: 8);
        int first = await budget.EnterAsync(8, default);
        using var cancel = new CancellationTokenSource();
        Task<int> cancelled = budget.EnterAsync(8, cancel.Token);
        Task<int> next = budget.EnterAsync(8, default);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        budget.Release(first);
        Assert.Equal(8, await next);
    }

    [Fact]
    public async Task A_check_of_missing_content_does_not_wait()
    {
        var budget = new CheckBudget(maxChecks: 1, maxThreads: 1);
        await budget.EnterAsync(1, default);
        TestContent content = TestContent.Of(16 * 1024, 100_000);
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        using Sha1PieceVerifier verifier = content.Verifier();
        ContentCheckResult result = await ContentChecker.CheckAsync(
            files, verifier, new Progress<ContentProgress>(), budget, default);
        Assert.Equal(0, result.Verified.Count);
    }

    [Fact]
    public async Task A_check_of_existing_content_waits_and_gives_its_place_back()
    {
        var budget = new CheckBudget(maxChecks: 1, maxThreads: 1);
        int other = await budget.EnterAsync(1, default);
        TestContent content = TestContent.Of(16 * 1024, 100_000);
        content.WriteTo(_folder.Path);
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        using Sha1PieceVerifier verifier = content.Verifier();
        Task<ContentCheckResult> check = ContentChecker.CheckAsync(
            files, verifier, new Progress<ContentProgress>(), budget, default);
        Assert.False(check.IsCompleted);
        budget.Release(other);
        Assert.True((await check).IsComplete);
        Assert.Equal(1, await budget.EnterAsync(1, default));
    }
}
