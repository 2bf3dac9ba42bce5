using System.CommandLine;
using BenchmarkDotNet.Running;
using TorrentPS.Benchmarks.Micro;
using TorrentPS.Benchmarks.Whole;

var size = new Option<int>("--size") { Description = "How much content, in MiB.", DefaultValueFactory = _ => 256 };
var piece = new Option<int>("--piece") { Description = "The piece length, in KiB; a power of two.", DefaultValueFactory = _ => 1024 };
var folder = new Option<string>("--folder")
{
    Description = "Where to put the content; memory where the system has a file system there, else the temporary folder.",
    DefaultValueFactory = _ => Workspace.DefaultParent,
};
var rounds = new Option<int>("--rounds") { Description = "How many times to measure.", DefaultValueFactory = _ => 3 };
var profile = new Option<bool>("--profile") { Description = "Also say which types the download allocates; the figures suffer from it." };
var encrypted = new Option<bool>("--encrypted") { Description = "Encrypt the connection (MSE)." };

var micro = new Command("micro", "Measures single parts. Further options are BenchmarkDotNet's: --filter '*' runs all.")
{
    TreatUnmatchedTokensAsErrors = false,
};
micro.SetAction(result => BenchmarkSwitcher.FromAssembly(typeof(MicroConfig).Assembly)
    .Run([.. result.UnmatchedTokens], new MicroConfig()));

var transfer = new Command("transfer", "Measures a whole transfer from one process to another over loopback.")
{
    size, piece, folder, rounds, profile, encrypted,
};
transfer.SetAction((result, cancellation) => TransferBenchmark.RunAsync(
    result.GetValue(folder)!,
    result.GetValue(size),
    result.GetValue(piece),
    result.GetValue(rounds),
    result.GetValue(profile),
    result.GetValue(encrypted),
    cancellation));

var hash = new Command("hash", "Checking and creating beside plain SHA-1.") { size, piece, folder, rounds };
hash.SetAction((result, cancellation) => HashBenchmark.RunAsync(
    result.GetValue(folder)!, result.GetValue(size), result.GetValue(piece), result.GetValue(rounds), cancellation));

var dht = new Command("dht", "Queries that a DHT node answers per second of one core.") { rounds };
dht.SetAction(result => DhtBenchmark.Run(result.GetValue(rounds)));

// The two ends of a transfer; the transfer starts them.
var torrent = new Argument<string>("torrent");
var content = new Argument<string>("content");
var port = new Argument<int>("port");
var seed = new Command(SeedProcess.Command) { torrent, content };
seed.Hidden = true;
seed.SetAction((result, _) => SeedProcess.RunAsync(result.GetValue(torrent)!, result.GetValue(content)!));
var leech = new Command(LeechProcess.Command) { torrent, content, port, profile, encrypted };
leech.Hidden = true;
leech.SetAction((result, _) => LeechProcess.RunAsync(
    result.GetValue(torrent)!,
    result.GetValue(content)!,
    result.GetValue(port),
    result.GetValue(profile),
    result.GetValue(encrypted)));

var root = new RootCommand("Measures TorrentPS.") { micro, transfer, hash, dht, seed, leech };
return await root.Parse(args).InvokeAsync();
