BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 1MB -Seed 4
    $refusing = Start-Tracker -Failure 'not registered here'
    $secret = $refusing.Url -replace 'announce', 'announce?passkey=0123456789abcdef'
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

Describe 'Get-TorrentTracker' {
    BeforeAll {
        $working = Start-Tracker -PeerPort 9 -MinInterval 900
        New-Content data/seeded -Size 30KB -Seed 6
        $null = New-Torrent data/seeded -OutputPath seeded.torrent -Tracker "$($working.Url)?passkey=fedcba9876543210"
        $seed = Start-TorrentSeed seeded.torrent -DataPath data -Port (Get-FreePort) -BindAddress 127.0.0.1
        $null = Wait-Until { (Get-TorrentTracker -Name seeded -NoScrape).State -eq 'Working' }
    }

    AfterAll {
        $seed | Stop-Job
        Stop-Tracker $working
    }

    It 'shows state, counts from a scrape, and the times of the announces' {
        $tracker = Get-TorrentTracker -Name seeded
        $tracker.State | Should -Be Working
        ($tracker | Select-Object Seeds, Leeches, Completed, Tier | ConvertTo-Json -Compress) |
            Should -Be '{"Seeds":7,"Leeches":3,"Completed":42,"Tier":0}'
        $tracker.LastAnnounce | Should -BeGreaterThan ([datetimeoffset]::Now.AddMinutes(-1))
        $tracker.NextAnnounce | Should -BeGreaterThan ([datetimeoffset]::Now)
        $tracker.InfoHash | Should -Be (Get-Torrent seeded).InfoHash
    }

    It 'has the whole URL in a property, and shows no passkey' {
        $tracker = Get-TorrentTracker -Name seeded -NoScrape
        $tracker.Url | Should -BeLike '*passkey=fedcba9876543210'
        "$tracker" | Should -Not -BeLike '*fedcba*'
        $tracker | Out-String | Should -Not -BeLike '*fedcba*'
    }

    It 'fits 80 columns' {
        (Get-TorrentTracker | Out-String -Width 80) -split '\r?\n' | ForEach-Object Length | Measure-Object -Maximum |
            ForEach-Object Maximum | Should -BeLessOrEqual 80
    }

    It 'shows the failure of a tracker' {
        $tracker = Get-TorrentTracker -Name album -NoScrape
        $tracker.State | Should -Be Failed
        $tracker.Failure | Should -BeLike '*not registered here*'
        $tracker.FailureKind | Should -Be Refused
    }

    It 'takes torrents, jobs, files, magnet links and torrent information' {
        $url = (Get-TorrentTracker -Name seeded -NoScrape).Url
        (Get-Torrent seeded | Get-TorrentTracker).Url | Should -Be $url
        ($seed | Get-TorrentTracker).Url | Should -Be $url
        (Get-TorrentTracker -InfoHash (Get-Torrent seeded).InfoHash).Url | Should -Be $url
        $announces = @($working.Requests.ToArray() -match '^/announce').Count
        foreach ($tracker in @(
                Get-TorrentTracker seeded.torrent
                Get-Item seeded.torrent | Get-TorrentTracker
                Get-TorrentTracker -Magnet (Get-TorrentInfo seeded.torrent).Magnet
                Get-TorrentInfo seeded.torrent | Get-TorrentTracker)) {
            $tracker.Url | Should -Be $url
            $tracker.State | Should -Be Working
            $tracker.Completed | Should -Be 42
        }
        @($working.Requests.ToArray() -match '^/announce').Count | Should -Be $announces -Because 'a scrape is no announce'
    }

    It 'shows without a scrape that a file''s tracker was not contacted' {
        (Get-TorrentTracker seeded.torrent -NoScrape).State | Should -Be NotContacted
    }

    It 'announces at once with Update-TorrentTracker -Force, and without it warns about the minimum interval' {
        $before = @($working.Requests.ToArray() -match '^/announce').Count
        Update-TorrentTracker seeded -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike "'seeded' is announced in * s, when its tracker allows it*"
        $seed | Update-TorrentTracker -Force -PassThru | ForEach-Object Torrent | Should -Be seeded
        Wait-Until { @($working.Requests.ToArray() -match '^/announce').Count -eq $before + 1 } | Should -BeTrue
    }

    It 'repeats a failed announce with Update-TorrentTracker' {
        $before = $refusing.Requests.Count
        Get-Torrent album | Update-TorrentTracker
        Wait-Until { $refusing.Requests.Count -gt $before } | Should -BeTrue
    }

    It 'adds and removes trackers of running torrents' {
        $other = Start-Tracker -PeerPort 9
        try {
            $added = Add-TorrentTracker seeded -Url $other.Url -PassThru
            $added.Count | Should -Be 2
            $added[1].Tier | Should -Be 1
            Wait-Until { $other.Requests.ToArray() -match 'event=started' } | Should -BeTrue
            Wait-Until { (Get-TorrentTracker -Name seeded -NoScrape)[1].State -eq 'Working' } | Should -BeTrue

            Get-TorrentTracker -Name seeded -NoScrape | Where-Object Tier -EQ 1 | Remove-TorrentTracker
            Wait-Until { $other.Requests.ToArray() -match 'event=stopped' } | Should -BeTrue
            @(Get-TorrentTracker -Name seeded -NoScrape).Count | Should -Be 1
            Remove-TorrentTracker seeded -Url $other.Url -ErrorVariable errors -ErrorAction SilentlyContinue
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'TrackerNotFound,*'
        }
        finally { Stop-Tracker $other }
    }

    It 'refuses a URL that is no tracker' {
        Add-TorrentTracker seeded -Url wss://tracker.example/announce -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTracker,*'
        @(Get-TorrentTracker -Name seeded -NoScrape).Count | Should -Be 1
    }

    It 'refuses to announce a paused torrent' {
        $seed | Suspend-Job
        Update-TorrentTracker seeded -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NotAnnounced,*'
        $seed | Resume-Job
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
