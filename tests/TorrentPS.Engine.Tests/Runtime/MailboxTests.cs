using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Tests.Runtime;

public sealed class MailboxTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Messages_of_many_threads_are_handled_one_at_a_time_in_the_order_of_each_thread()
    {
        const int threads = 4, each = 5000;
        var last = new int[threads];
        Array.Fill(last, -1);
        int inside = 0, handled = 0;
        bool overlapped = false, disordered = false;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mailbox = new Mailbox<(int Thread, int Number)>(
            message =>
            {
                overlapped |= Interlocked.Increment(ref inside) != 1;
                disordered |= message.Number != last[message.Thread] + 1;
                last[message.Thread] = message.Number;
                Interlocked.Decrement(ref inside);
                if (++handled == threads * each)
                    all.SetResult();
            },
            () => { });

        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
                Assert.True(thread % 2 == 0 ? mailbox.Post((thread, i)) : mailbox.PostAndHandle((thread, i)));
        })));
        await all.Task.WaitAsync(s_limit);

        Assert.False(overlapped);
        Assert.False(disordered);
    }

    [Fact]
    public async Task The_mailbox_is_idle_when_all_posted_messages_are_handled()
    {
        using var held = new SemaphoreSlim(0);
        int handled = 0;
        var mailbox = new Mailbox<int>(
            _ =>
            {
                held.Wait();
                handled++;
            },
            () => { });
        Assert.True(mailbox.WhenIdleAsync().IsCompleted);
        mailbox.Post(1);
        mailbox.Post(2);
        mailbox.Close();

        Task idle = mailbox.WhenIdleAsync();
        held.Release();
        Assert.False(idle.IsCompleted);
        held.Release();
        await idle.WaitAsync(s_limit);

        Assert.Equal(2, handled);
    }

    [Fact]
    public async Task A_turn_handles_all_waiting_messages_and_ends_once()
    {
        var log = new List<string>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Mailbox<string>? mailbox = null;
        mailbox = new Mailbox<string>(
            message =>
            {
                log.Add(message);
                if (message == "first")
                {
                    mailbox!.Post("a");
                    mailbox.Post("b");
                }
            },
            () =>
            {
                log.Add("end");
                if (log.Contains("b"))
                    done.SetResult();
            });

        mailbox.Post("first");
        await done.Task.WaitAsync(s_limit);

        Assert.Equal(["first", "end", "a", "b", "end"], log);
    }

    [Fact]
    public async Task A_closed_mailbox_handles_queued_messages_and_refuses_new_ones()
    {
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var handled = new List<int>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mailbox = new Mailbox<int>(
            message =>
            {
                handled.Add(message);
                entered.Set();
                go.Wait(s_limit);
                if (message == 2)
                    done.SetResult();
            },
            () => { });
        mailbox.Post(1);
        Assert.True(entered.Wait(s_limit));
        mailbox.Post(2);

        mailbox.Close();
        Assert.False(mailbox.Post(3));
        go.Set();
        await done.Task.WaitAsync(s_limit);

        Assert.Equal([1, 2], handled);
    }
}
