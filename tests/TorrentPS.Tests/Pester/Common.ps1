# What the test files share: the module under test, content to move, and ports that are free.
Set-StrictMode -Version Latest

$ModulePath = $env:TORRENTPS_MODULE
if (-not $ModulePath) {
    $ModulePath = Join-Path $PSScriptRoot '..' '..' '..' 'out' 'TorrentPS'
}

Import-Module $ModulePath -ErrorAction Stop

function New-Content {
    # A folder with files of odd lengths, one of them empty; the same seed gives the same bytes.
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
    # One line for each file below a folder: its relative path and hash.
    param([string] $Path)
    $Path = (Get-Item $Path).FullName
    Get-ChildItem $Path -Recurse -File | Sort-Object FullName |
        ForEach-Object { '{0} {1}' -f [System.IO.Path]::GetRelativePath($Path, $_.FullName), (Get-FileHash $_.FullName).Hash }
}

function Wait-Until {
    # Waits for what no event tells: true as soon as the condition holds, false when time is up.
    param([scriptblock] $Condition, [int] $Seconds = 15)
    $end = [datetime]::UtcNow.AddSeconds($Seconds)
    while ([datetime]::UtcNow -lt $end) {
        if (& $Condition) { return $true }
        Start-Sleep -Milliseconds 50
    }
    $false
}

function Remove-AllJobs {
    Get-Job | Remove-Job -Force
    Get-Torrent | Stop-Torrent
}
