BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 1MB -Seed 4
    $refusing = Start-Tracker -Failure 'not registered here'
    $secret = $refusing.Url -replace 'announce', '0123456789abcdef/announce'
    $null = New-Torrent data/album -OutputPath refused.torrent -Tracker $secret
    # No peer has this torrent, and nothing else finds one: it stalls while the other tests run.
    $stalling = Start-TorrentDownload refused.torrent -Destination stalled -Port (Get-FreePort) -BindAddress 127.0.0.1
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
}

AfterAll {
    # Before the jobs are removed: the tracker's job can end only after its listener.
    Stop-Tracker $refusing
    Remove-AllJobs
    Pop-Location
}

Describe 'A torrent whose trackers all fail' {
    It 'warns in its job with the message of the tracker, once, and without the passkey' {
        Wait-Until { $stalling.Warning.Count -gt 0 } | Should -BeTrue
        "$($stalling.Warning[0])" | Should -BeLike "The tracker of 'album' fails.*not registered here*"
        "$($stalling.Warning[0])" | Should -Not -BeLike '*0123456789abcdef*'
        Start-Sleep -Milliseconds 1500   # The job checks for warnings every second.
        $stalling.Warning.Count | Should -Be 1
    }

    It 'warns in Get-TorrentSession' {
        $session = Get-TorrentSession -WarningVariable warnings -WarningAction SilentlyContinue
        $session.Warnings | Should -BeLike "*'album'*not registered here*"
        "$warnings" | Should -BeLike '*not registered here*'
    }

    It 'warns with -Wait, and only about the torrents that are waited for' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath'; Set-Location '$TestDrive'").Invoke()
            $shell.Commands.Clear()
            New-Content data/other -Size 20KB -Seed 5
            $null = New-Torrent data/other -OutputPath other.torrent -Tracker $secret
            $null = $shell.AddScript("Start-TorrentDownload other.torrent -Destination ./wait -Wait -Port $(Get-FreePort) -BindAddress 127.0.0.1")
            $running = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Warning.Count -gt 0 } | Should -BeTrue
            "$($shell.Streams.Warning)" | Should -BeLike "The tracker of 'other' fails.*not registered here*"
            $shell.Stop()
        }
        finally { $shell.Dispose() }
        $stalling.Warning.Count | Should -Be 1
    }
}

Describe 'A download without peers' {
    It 'is stalled after half a minute, says why and since when, and never shows plain progress' {
        Wait-Until { $stalling.Status.State -eq 'Stalled' } -Seconds 45 | Should -BeTrue
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 25
        $stalling.Status.StalledReason | Should -Be NoPeers
        $stalling.Status.StalledSince | Should -BeLessThan ([datetimeoffset]::Now.AddSeconds(-25))
        $stalling.StatusMessage | Should -Be 'Stalled 0.0 %: no peer is connected'
        ($stalling | Receive-Job -Keep -WarningAction SilentlyContinue)[-1].State | Should -Be Stalled
        (Get-TorrentEvent album -Kind StateChanged).Message | Should -Contain 'State changed from Downloading to Stalled: no peer is connected.'
    }
}
