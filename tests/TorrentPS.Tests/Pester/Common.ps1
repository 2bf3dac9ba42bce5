# Shared by the test files: the module under test, test content and free ports.
Set-StrictMode -Version Latest

$ModulePath = $env:TORRENTPS_MODULE
if (-not $ModulePath) {
    $ModulePath = Join-Path $PSScriptRoot '..' '..' '..' 'out' 'TorrentPS'
}

# The tests use a state folder of their own, and no peer sources except those that a test names.
if (-not $env:TORRENTPS_STATE) {
    $env:TORRENTPS_STATE = Join-Path ([System.IO.Path]::GetTempPath()) "torrentps-tests-$PID"
}

Import-Module $ModulePath -ErrorAction Stop
$Alone = @{ EnableDht = $false; EnableLsd = $false; EnablePortMapping = $false; PeerCache = 'none' }
Set-TorrentSession @Alone -Save

function New-Content {
    # Creates a folder with files of odd lengths, one of them empty. The same seed gives the same bytes.
    [CmdletBinding()]
    param([string] $Path, [int] $Size = 1MB, [int] $Seed = 1)
    $random = [System.Random]::new($Seed)
    $Path = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
    $null = [System.IO.Directory]::CreateDirectory("$Path/deep er")
    $files = [ordered]@{ 'one.bin' = $Size; 'deep er/two.bin' = 100001; 'deep er/ünï.txt' = 77; 'empty' = 0 }
    foreach ($name in $files.Keys) {
        $bytes = [byte[]]::new($files[$name])
        $random.NextBytes($bytes)
        [System.IO.File]::WriteAllBytes("$Path/$name", $bytes)
    }
}

function Get-FreePort {
    $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
    $listener.Start()
    try { $listener.LocalEndpoint.Port } finally { $listener.Stop() }
}

function Get-ContentHash {
    # Returns one line per file in a folder and its subfolders: relative path and hash.
    param([string] $Path)
    $Path = (Get-Item $Path).FullName
    Get-ChildItem $Path -Recurse -File | Sort-Object FullName |
        ForEach-Object { '{0} {1}' -f [System.IO.Path]::GetRelativePath($Path, $_.FullName), (Get-FileHash $_.FullName).Hash }
}

function Start-Tracker {
    # Starts a minimal HTTP tracker that returns one peer to every announce, or a failure with a reason, and records the
    # request URLs. Its scrapes count 7 seeds, 3 leeches and 42 completed downloads.
    param([int] $PeerPort, [string] $Failure, [int] $MinInterval)
    $url = "http://127.0.0.1:$(Get-FreePort)/"
    $listener = [System.Net.HttpListener]::new()
    $listener.Prefixes.Add($url)
    $listener.Start()
    $requests = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
    $serving = Start-ThreadJob -ArgumentList $listener, $PeerPort, $requests, $Failure, $MinInterval {
        param($listener, $port, $requests, $failure, $minInterval)
        $ascii = [System.Text.Encoding]::ASCII
        $peer = $port ? [byte[]](127, 0, 0, 1, ($port -shr 8), ($port -band 255)) : @()
        $least = $minInterval ? "12:min intervali${minInterval}e" : ''
        $head = $ascii.GetBytes("d8:intervali60e${least}5:peers$($peer.Count):")
        $announce = $failure ? $ascii.GetBytes("d14:failure reason$($failure.Length):${failure}e") : [byte[]]($head + $peer + [byte][char]'e')
        while ($listener.IsListening) {
            try { $context = $listener.GetContext() } catch { return }
            $target = $context.Request.RawUrl
            $requests.Enqueue($target)
            $body = $announce
            if ($target -match '^/scrape\?(?:.*&)?info_hash=([^&]+)') {
                $hash = [System.Text.Encoding]::Latin1.GetBytes([regex]::Replace($Matches[1], '%(..)', { [char][convert]::ToInt32($args[0].Groups[1].Value, 16) }))
                $body = [byte[]]($ascii.GetBytes('d5:filesd20:') + $hash + $ascii.GetBytes('d8:completei7e10:downloadedi42e10:incompletei3eeee'))
            }
            $context.Response.OutputStream.Write($body, 0, $body.Length)
            $context.Response.Close()
        }
    }
    [pscustomobject]@{ Url = "${url}announce"; Requests = $requests; Listener = $listener; Job = $serving }
}

function Stop-Tracker($Tracker) {
    $Tracker.Listener.Stop()
    $Tracker.Job | Remove-Job -Force
}

function Wait-Until {
    # Polls a condition. Returns true when it holds, false after the timeout.
    param([scriptblock] $Condition, [int] $Seconds = 15)
    $end = [datetime]::UtcNow.AddSeconds($Seconds)
    while ([datetime]::UtcNow -lt $end) {
        if (& $Condition) { return $true }
        Start-Sleep -Milliseconds 50
    }
    $false
}

function Wait-Check {
    # Waits until the data of a seed has been checked, and returns its job. A connection during the check is refused.
    param([Parameter(ValueFromPipeline)] $Job)
    process {
        $null = Wait-Until { $Job.Status.State -ne 'Checking' }
        $Job
    }
}

function Remove-AllJobs {
    Get-Job | Remove-Job -Force
    Get-Torrent | Stop-Torrent
}
