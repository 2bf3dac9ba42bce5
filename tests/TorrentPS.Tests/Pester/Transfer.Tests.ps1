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
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort @local
    $seed2 = Start-TorrentSeed single.torrent -DataPath data/single.bin -Port $seedPort @local
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort"; Port = $leechPort; BindAddress = '127.0.0.1' }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'Start-TorrentSeed' {
    It 'gives a running job that Get-Job and Get-Torrent know' {
        $seed | Should -BeOfType 'TorrentPS.Jobs.TorrentJob'
        $seed.State | Should -Be Running
        (Get-Job -Name album).Id | Should -Be $seed.Id
        (Get-Torrent -InfoHash $info.InfoHash).State | Should -Be Seeding
        (Get-Torrent).Count | Should -Be 2
    }

    It 'refuses data that does not match, unless told to serve what does' {
        $null = New-Item bad -ItemType Directory -Force
        Copy-Item data/album bad -Recurse
        Clear-Content bad/album/one.bin
        Start-TorrentSeed album.torrent -DataPath bad -Port $leechPort @local -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DataMismatch,*'
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*AllowPartial*'
        $job = Start-TorrentSeed album.torrent -DataPath bad -Port $leechPort @local -AllowPartial
        $job.State | Should -Be Running
        $job.Status.PiecesHave | Should -BeGreaterThan 0
        $job.Status.PiecesHave | Should -BeLessThan $info.PieceCount
        $job | Remove-Job -Force
    }

    It 'starts nothing with -WhatIf' {
        Start-TorrentSeed single.torrent -DataPath data -Port (Get-FreePort) @local -WhatIf | Should -BeNullOrEmpty
        (Get-Torrent).Count | Should -Be 2
    }

    It 'says that a port is taken' {
        $taken = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $taken.Start()
        try {
            Start-TorrentSeed single.torrent -DataPath data -Port $taken.LocalEndpoint.Port @local -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'PortUnavailable,*'
        }
        finally { $taken.Stop() }
    }
}

Describe 'Start-TorrentDownload' {
    It 'waits, and gives a result with the content byte for byte' {
        $result = Start-TorrentDownload album.torrent -Destination ./whole -Wait @fromSeed
        $result | Should -BeOfType 'TorrentPS.TorrentResult'
        $result.GoalReached | Should -BeTrue
        $result.Progress | Should -Be 100
        $result.Downloaded | Should -BeGreaterOrEqual $info.Size
        $result.Path | Should -Be (Join-Path $TestDrive 'whole' 'album')
        Get-ContentHash whole/album | Should -Be (Get-ContentHash data/album)
    }

    It 'shows progress with what is done, at what rate and from how many peers' {
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

    It 'ends a wait with a named error when the destination can not be used' {
        Set-Content ./occupied 'a file'
        $result = Start-TorrentDownload album.torrent -Destination ./occupied -Wait @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'BadPath,*'
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $result.GoalReached | Should -BeFalse
    }

    It 'says that a torrent runs already' {
        $job = Start-TorrentDownload album.torrent -Destination ./twice -DownloadLimit 100KB @fromSeed
        Start-TorrentDownload album.torrent -Destination ./twice @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DuplicateTorrent,*'
        $job | Remove-Job -Force
    }

    It 'makes a job for each torrent from the pipeline' {
        $jobs = Get-ChildItem album.torrent, single.torrent | Start-TorrentDownload -Destination ./piped @fromSeed
        $jobs.Count | Should -Be 2
        $null = $jobs | Wait-Job -Timeout 30
        $jobs.State | Should -Be Completed, Completed
        Get-ContentHash piped | Should -Be (Get-ContentHash data)
        $results = $jobs | Receive-Job | Where-Object { $_ -is [TorrentPS.TorrentResult] }
        $results.Name | Sort-Object | Should -Be 'album', 'single.bin'
        $jobs | Remove-Job
    }

    It 'gets only the files that are wanted' {
        $result = Start-TorrentDownload album.torrent -Destination ./some -Include '*.bin' -Exclude 'one*' -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        $result.WantedSize | Should -BeGreaterOrEqual 100001
        $result.WantedSize | Should -BeLessThan (100001 + 2 * $info.PieceLength) -Because 'only the pieces at its edges reach into other files'
        $result.Downloaded | Should -BeLessThan 200KB
        (Get-FileHash 'some/album/deep er/two.bin').Hash | Should -Be (Get-FileHash 'data/album/deep er/two.bin').Hash
        (Test-Torrent album.torrent -DataPath some).Files.Where{ $_.Path -like '*one.bin' }.IsComplete | Should -BeFalse
    }

    It 'gets only the first pieces' {
        $result = Start-TorrentDownload album.torrent -Destination ./first -PieceCount 3 -PieceStrategy Sequential -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        $result.WantedSize | Should -Be (3 * $info.PieceLength)
    }

    It 'downloads nothing that is there already' {
        $result = Start-TorrentDownload album.torrent -Destination ./whole -Wait @fromSeed
        $result.GoalReached | Should -BeTrue
        $result.Downloaded | Should -Be 0
    }

    It 'starts and makes nothing with -WhatIf' {
        Start-TorrentDownload album.torrent -Destination ./whatif @fromSeed -WhatIf | Should -BeNullOrEmpty
        './whatif' | Should -Not -Exist
    }

    It 'passes over a bad file among good ones' {
        Set-Content bad.torrent 'no torrent'
        $jobs = 'bad.torrent', 'single.torrent' | Start-TorrentDownload -Destination ./mixed @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent,*'
        @($jobs).Count | Should -Be 1
        $null = $jobs | Wait-Job -Timeout 30
        $jobs.State | Should -Be Completed
        $jobs | Remove-Job
    }

    It 'refuses what is no peer, and contradicting goals' {
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

    It 'shows the peers of a job, and passes over other jobs' {
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

    It 'finds them by name, info hash, status, or all' {
        @(Get-TorrentPeer -Name 'alb*').Count | Should -Be 2 -Because 'the download sees the seed and the seed sees the download'
        @(Get-TorrentPeer -InfoHash $info.InfoHash).Count | Should -Be 2
        @(Get-Torrent -Name album | Get-TorrentPeer).Count | Should -Be 2
        @(Get-TorrentPeer).Count | Should -Be 2
    }

    It 'is flat and typed for Export-Csv' {
        Get-Job | Get-TorrentPeer | Export-Csv peers.csv
        $rows = @(Import-Csv peers.csv)
        $rows.Count | Should -Be 2
        $rows.Torrent | Should -Be 'album', 'album'
        foreach ($property in $rows[0].PSObject.Properties) {
            $property.Value | Should -Not -Match '^(System|TorrentPS)\.' -Because "$($property.Name) has to be a plain value"
        }
        [long]$rows[0].Downloaded + [long]$rows[1].Downloaded | Should -BeGreaterThan 0
    }

    It 'says that a name is not running, but not that a wildcard matches nothing' {
        Get-TorrentPeer -Name nothing -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
        Get-TorrentPeer -Name 'nothing*' -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'says that a torrent without trackers has no one to ask' {
        Get-TorrentPeer album.torrent -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoTrackers,*'
    }

    It 'asks the tracker, and each peer with -Handshake' {
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
    It 'is shared by whoever asks for the one that a session has taken' {
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
    It 'stops what it is given, asks first, and gives the result on demand' {
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
