BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 2MB
    $info = New-Torrent data/album -OutputPath album.torrent
    [System.IO.File]::Copy("$TestDrive/data/album/one.bin", "$TestDrive/data/single.bin")
    $single = New-Torrent data/single.bin -OutputPath single.torrent
    $seedPort = Get-FreePort
    $leechPort = Get-FreePort
    $local = @{ BindAddress = '127.0.0.1' }
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort @local | Wait-Check
    $seed2 = Start-TorrentSeed single.torrent -DataPath data/single.bin -Port $seedPort @local | Wait-Check
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort"; Port = $leechPort; BindAddress = '127.0.0.1' }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'Start-TorrentSeed' {
    It 'writes a running job that Get-Job and Get-Torrent show' {
        $seed | Should -BeOfType 'TorrentPS.Jobs.TorrentJob'
        $seed.State | Should -Be Running
        (Get-Job -Name album).Id | Should -Be $seed.Id
        (Get-Torrent -InfoHash $info.InfoHash).State | Should -Be Seeding
        (Get-Torrent).Count | Should -Be 2
    }

    It 'refuses data that does not match, except with -AllowPartial' {
        $null = New-Item bad -ItemType Directory -Force
        Copy-Item data/album bad -Recurse
        Clear-Content bad/album/one.bin
        $failed = Start-TorrentSeed album.torrent -DataPath bad -Port $leechPort @local
        $null = $failed | Wait-Job -Timeout 30
        $failed.State | Should -Be Failed
        $failed | Receive-Job -ErrorVariable errors -ErrorAction SilentlyContinue | Select-Object -Last 1 -ExpandProperty FaultId | Should -Be DataMismatch
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DataMismatch*'
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*AllowPartial*'
        $failed | Remove-Job
        $result = Start-TorrentSeed album.torrent -DataPath bad -Port $leechPort @local -Wait -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DataMismatch,*'
        $result.State | Should -Be Failed
        $job = Start-TorrentSeed album.torrent -DataPath bad -Port $leechPort @local -AllowPartial | Wait-Check
        $job.State | Should -Be Running
        $job.Status.PiecesHave | Should -BeGreaterThan 0
        $job.Status.PiecesHave | Should -BeLessThan $info.PieceCount
        $job | Remove-Job -Force
    }

    It 'returns while the job checks the data' {
        $null = New-Item large -ItemType Directory
        $file = [System.IO.File]::Create("$TestDrive/large/zero.bin")
        try { $file.SetLength(512MB) } finally { $file.Dispose() }
        $null = New-Torrent large/zero.bin -OutputPath large.torrent
        $job = Start-TorrentSeed large.torrent -DataPath large -Port $leechPort @local
        $job.Status.State | Should -Be Checking
        Wait-Until { $job.Status.State -eq 'Seeding' } -Seconds 60 | Should -BeTrue
        $job | Remove-Job -Force
    }

    It 'starts 200 torrents without waiting for each' {
        $null = New-Item many -ItemType Directory
        1..200 | ForEach-Object { $null = New-Torrent data/single.bin -OutputPath "many/$_.torrent" -Source "copy $_" }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $jobs = Get-ChildItem many | Start-TorrentSeed -DataPath data -SkipCheck -Port $leechPort @local
        $seconds = $clock.Elapsed.TotalSeconds
        $jobs.Count | Should -Be 200
        $seconds | Should -BeLessThan 10 -Because 'it takes 40 s if the cmdlet waits 0.2 s for each torrent'
        Wait-Until { -not @($jobs.Where{ $_.Status.State -ne 'Seeding' }) } | Should -BeTrue
        $jobs | Remove-Job -Force
        Wait-Until { @(Get-Torrent).Count -eq 2 } | Should -BeTrue
    }

    It 'writes the ended jobs with -Wait -PassThru' {
        $job = Start-TorrentSeed single.torrent -DataPath data -SeedRatio 0 -Port $leechPort @local -Wait -PassThru
        $job | Should -BeOfType 'TorrentPS.Jobs.TorrentJob'
        $job.State | Should -Be Completed
        ($job | Receive-Job)[-1].GoalReached | Should -BeTrue
        $job | Remove-Job
    }

    It 'starts nothing with -WhatIf' {
        Start-TorrentSeed single.torrent -DataPath data -Port (Get-FreePort) @local -WhatIf | Should -BeNullOrEmpty
        (Get-Torrent).Count | Should -Be 2
    }

    It 'reports that a port is in use' {
        $taken = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $taken.Start()
        try {
            $job = Start-TorrentSeed single.torrent -DataPath data -Port $taken.LocalEndpoint.Port @local -ErrorVariable errors -ErrorAction SilentlyContinue
            $job.State | Should -Be Failed
            $job | Remove-Job
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'PortUnavailable,*'
        }
        finally { $taken.Stop() }
    }
}

Describe 'Start-TorrentDownload' {
    It 'waits with -Wait and writes a result; the content is identical' {
        $result = Start-TorrentDownload album.torrent -Destination ./whole -Wait @fromSeed
        $result | Should -BeOfType 'TorrentPS.TorrentResult'
        $result.GoalReached | Should -BeTrue
        $result.Progress | Should -Be 100
        $result.Downloaded | Should -BeGreaterOrEqual $info.Size
        $result.Path | Should -Be (Join-Path $TestDrive 'whole' 'album')
        Get-ContentHash whole/album | Should -Be (Get-ContentHash data/album)
    }

    It 'shows progress with percentage, rate and number of peers' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($module, $where, $arguments)
                Import-Module $module
                Set-Location $where
                Start-TorrentDownload album.torrent -Destination ./shown -Wait -DownloadLimit 1MB @arguments
            }).AddArgument($ModulePath).AddArgument("$TestDrive").AddArgument($fromSeed)
        $result = $shell.Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        $result.GoalReached | Should -BeTrue
        $shown = @($shell.Streams.Progress | Where-Object Activity -EQ 'Downloading album')
        $shown.StatusDescription -match '^\d+\.\d % of 2\.10 MiB, .* [KM]iB/s, 1 peer$' | Should -Not -BeNullOrEmpty
        $shell.Streams.Progress[-1].RecordType | Should -Be Completed
        $shell.Dispose()
    }

    It 'ends -Wait with the error BadPath when the destination cannot be used' {
        Set-Content ./occupied 'a file'
        $result = Start-TorrentDownload album.torrent -Destination ./occupied -Wait @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'BadPath,*'
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $result.GoalReached | Should -BeFalse
    }

    It 'keeps an existing file that has no piece of the torrent, and overwrites it with -Force' {
        $null = New-Item mine -ItemType Directory
        Set-Content mine/single.bin ('mine' * 1MB)
        $result = Start-TorrentDownload single.torrent -Destination ./mine -Wait @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $errors[0].CategoryInfo.Category | Should -Be ResourceExists
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Force*'
        $errors[0].Exception.Message | Should -BeLike "*$(Join-Path mine single.bin)'*"
        $result.GoalReached | Should -BeFalse
        Get-Content mine/single.bin | Should -Be ('mine' * 1MB)

        $result = Start-TorrentDownload single.torrent -Destination ./mine -Force -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        (Get-FileHash mine/single.bin).Hash | Should -Be (Get-FileHash data/single.bin).Hash
    }

    It 'does not choose a file with Set-Torrent that exists and has no piece of the torrent' {
        $null = New-Item theirs/album/sub -ItemType Directory
        $file = (Get-TorrentInfo album.torrent).Files[0].Path
        $null = New-Item (Split-Path "theirs/$file") -ItemType Directory -Force
        Set-Content "theirs/$file" 'mine'
        $job = Start-TorrentDownload album.torrent -Destination ./theirs -Exclude (Split-Path $file -Leaf) -StopWhen Never @fromSeed
        while ($job.Status.State -ne 'Finished') { $null = $job | Wait-Job -Timeout 1 }
        $job | Set-Torrent -Exclude 'nothing*' -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $errors[0].CategoryInfo.Category | Should -Be ResourceExists
        Get-Content "theirs/$file" | Should -Be 'mine'
        $job | Remove-Job -Force
    }

    It 'reports that a torrent is already running' {
        $job = Start-TorrentDownload album.torrent -Destination ./twice -DownloadLimit 100KB @fromSeed
        $second = Start-TorrentDownload album.torrent -Destination ./twice @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $second.State | Should -Be Failed
        $second | Remove-Job
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DuplicateTorrent,*'
        $job | Remove-Job -Force
    }

    It 'creates a job for each torrent from the pipeline' {
        $jobs = Get-ChildItem album.torrent, single.torrent | Start-TorrentDownload -Destination ./piped @fromSeed
        $jobs.Count | Should -Be 2
        $null = $jobs | Wait-Job -Timeout 30
        $jobs.State | Should -Be Completed, Completed
        Get-ContentHash piped | Should -Be (Get-ContentHash data)
        $results = $jobs | Receive-Job | Where-Object { $_ -is [TorrentPS.TorrentResult] }
        $results.Name | Sort-Object | Should -Be 'album', 'single.bin'
        $jobs | Remove-Job
    }

    It 'downloads only the wanted files' {
        $result = Start-TorrentDownload album.torrent -Destination ./some -Include '*.bin' -Exclude 'one*' -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        $result.WantedSize | Should -BeGreaterOrEqual 100001
        $result.WantedSize | Should -BeLessThan (100001 + 2 * $info.PieceLength) -Because 'only its first and last piece overlap other files'
        $result.Downloaded | Should -BeLessThan 200KB
        (Get-FileHash 'some/album/deep er/two.bin').Hash | Should -Be (Get-FileHash 'data/album/deep er/two.bin').Hash
        (Test-Torrent album.torrent -DataPath some).Files.Where{ $_.Path -like '*one.bin' }.IsComplete | Should -BeFalse
    }

    It 'downloads only the first pieces with -PieceCount' {
        $result = Start-TorrentDownload album.torrent -Destination ./first -PieceCount 3 -PieceStrategy Sequential -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        $result.WantedSize | Should -Be (3 * $info.PieceLength)
    }

    It 'does not download existing data again' {
        $result = Start-TorrentDownload album.torrent -Destination ./whole -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        $result.Downloaded | Should -Be 0
    }

    It 'starts and creates nothing with -WhatIf' {
        Start-TorrentDownload album.torrent -Destination ./whatif @fromSeed -WhatIf | Should -BeNullOrEmpty
        './whatif' | Should -Not -Exist
    }

    It 'reports an invalid torrent file and starts the others' {
        Set-Content bad.torrent 'no torrent'
        $jobs = 'bad.torrent', 'single.torrent' | Start-TorrentDownload -Destination ./mixed @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent,*'
        $null = $jobs | Wait-Job -Timeout 30
        $jobs.State | Should -Be Failed, Completed
        $jobs | Remove-Job
    }

    It 'refuses an invalid peer, and -SeedRatio with -StopWhen Never' {
        { Start-TorrentDownload album.torrent -Peer 'nowhere' } | Should -Throw -ErrorId 'InvalidPeer,*'
        { Start-TorrentDownload album.torrent -StopWhen Never -SeedRatio 2 } | Should -Throw -ErrorId 'SeedRatioWithoutRatio,*'
    }
}

Describe 'Get-TorrentPeer' {
    BeforeAll {
        $slow = Start-TorrentDownload album.torrent -Destination ./slow -DownloadLimit 200KB @fromSeed
        $null = Wait-Until { @($slow | Get-TorrentPeer | Where-Object Downloaded).Count -gt 0 }
    }

    AfterAll { $slow | Remove-Job -Force }

    It 'shows the peers of a job, and ignores jobs of other types' {
        $other = Start-ThreadJob { }
        $peers = @(Get-Job | Where-Object { $_.Id -in $slow.Id, $other.Id } | Get-TorrentPeer)
        $peers.Count | Should -Be 1
        $peers[0].Address | Should -Be '127.0.0.1'
        $peers[0].Port | Should -Be $seedPort
        $peers[0].Progress | Should -Be 100
        $peers[0].Client | Should -Match 'TorrentPS'
        $peers[0].Downloaded | Should -BeGreaterThan 0
        $peers[0].Source | Should -Be Manual
        $other | Remove-Job -Force
    }

    It 'selects torrents by name, info hash or status, or all torrents' {
        @(Get-TorrentPeer -Name 'alb*').Count | Should -Be 2 -Because 'each of the two torrents has the other as its peer'
        @(Get-TorrentPeer -InfoHash $info.InfoHash).Count | Should -Be 2
        @(Get-Torrent -Name album | Get-TorrentPeer).Count | Should -Be 2
        @(Get-TorrentPeer).Count | Should -Be 2
    }

    It 'writes plain properties for Export-Csv' {
        Get-Job | Get-TorrentPeer | Export-Csv peers.csv
        $rows = @(Import-Csv peers.csv)
        $rows.Count | Should -Be 2
        $rows.Torrent | Should -Be 'album', 'album'
        foreach ($property in $rows[0].PSObject.Properties) {
            $property.Value | Should -Not -Match '^(System|TorrentPS)\.' -Because "$($property.Name) must be a plain value"
        }
        [long]$rows[0].Downloaded + [long]$rows[1].Downloaded | Should -BeGreaterThan 0
    }

    It 'reports a name that is not running, but not a wildcard without matches' {
        Get-TorrentPeer -Name nothing -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
        Get-TorrentPeer -Name 'nothing*' -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'reports a torrent without trackers and peers' {
        Get-TorrentPeer album.torrent -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoTrackers,*'
    }

    It 'queries the tracker, and connects to each peer with -Handshake' {
        $tracker = Start-Tracker -PeerPort $seedPort
        try {
            $tracked = New-Torrent data/album -OutputPath tracked.torrent -Tracker $tracker.Url
            $tracked.InfoHash | Should -Be $info.InfoHash
            $named = @(Get-TorrentPeer tracked.torrent)
            $named.Count | Should -Be 1
            $named[0].Port | Should -Be $seedPort
            $named[0].Client | Should -BeNullOrEmpty
            $asked = @(Get-TorrentPeer tracked.torrent -Handshake -TimeoutSeconds 5)
            $asked[0].Answered | Should -BeTrue
            $asked[0].Client | Should -Match 'TorrentPS'
            $asked[0].Progress | Should -Be 100
            @(Get-TorrentPeer -Magnet $tracked.Magnet -Handshake -TimeoutSeconds 5)[0].Answered | Should -BeTrue
        }
        finally { Stop-Tracker $tracker }
    }
}

Describe 'A port' {
    It 'is shared when it is requested while a session listens on it' {
        $tracker = Start-Tracker
        try {
            $null = New-Torrent data/album -OutputPath shared.torrent -Tracker $tracker.Url
            $first = Start-TorrentDownload shared.torrent -Destination ./port1 -BindAddress 127.0.0.1
            Wait-Until { $tracker.Requests.Count -gt 0 } | Should -BeTrue
            $tracker.Requests.ToArray()[0] -match 'port=(\d+)' | Should -BeTrue
            $second = Start-TorrentDownload single.torrent -Destination ./port2 -BindAddress 127.0.0.1 -Port ([int]$Matches[1])
            $second.State | Should -Be Running
            $first, $second | Remove-Job -Force
            $tracker.Requests.ToArray()[-1] | Should -Match 'event=stopped'
        }
        finally { Stop-Tracker $tracker }
    }
}

Describe 'Stop-Torrent' {
    It 'stops the selected torrents, supports -WhatIf, and writes results with -PassThru' {
        $job = Start-TorrentDownload album.torrent -Destination ./stopped -DownloadLimit 50KB @fromSeed
        Stop-Torrent -Name album -WhatIf
        $job.State | Should -Be Running
        $result = $job | Get-Torrent | Stop-Torrent -PassThru
        $result.GoalReached | Should -BeFalse
        $null = $job | Wait-Job -Timeout 10
        $job.State | Should -Be Stopped
        $job | Remove-Job
    }
}
