BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $pwsh = Join-Path $PSHOME pwsh
    $null = New-Item data -ItemType Directory
    New-Content data/first -Size 200KB -Seed 11
    New-Content data/album -Size 300KB -Seed 12
    $null = New-Torrent data/first -OutputPath first.torrent
    $info = New-Torrent data/album -OutputPath album.torrent
    $null = New-Torrent data/album -OutputPath private.torrent -Private -Tracker http://127.0.0.1:9/announce

    # A DHT of its own on loopback: the first node has no bootstrap nodes, the others bootstrap from it.
    $routerPort = Get-FreePort
    $seedPort = Get-FreePort
    $local = @{ BindAddress = '127.0.0.1' }
    Set-TorrentSession -EnableDht $true -DhtBootstrap @() @local
    $router = Start-TorrentSeed first.torrent -DataPath data -SkipCheck -Port $routerPort @local | Wait-Check
    Set-TorrentSession -DhtBootstrap "127.0.0.1:$routerPort" -Port (Get-FreePort) -WarningAction SilentlyContinue
    $seed = Start-TorrentSeed album.torrent -DataPath data -SkipCheck -Port $seedPort @local | Wait-Check
    $reach = "Import-Module '$ModulePath'; Set-Location '$TestDrive'; Set-TorrentSession -EnableDht `$true -BindAddress 127.0.0.1 -DhtBootstrap 127.0.0.1:$routerPort -Port $(Get-FreePort)"
}

AfterAll {
    Remove-AllJobs
    Set-TorrentSession @Alone -Port $null -BindAddress $null -DhtBootstrap default -WarningAction SilentlyContinue
    Pop-Location
}

Describe 'The DHT' {
    It 'Get-TorrentDht shows one node per session and address family, with its nodes and traffic' {
        Wait-Until { @(Get-TorrentDht | Where-Object Nodes -GT 0).Count -eq 2 } | Should -BeTrue
        $nodes = Get-TorrentDht
        $nodes | ForEach-Object { $_ | Should -BeOfType 'TorrentPS.TorrentDht' }
        $nodes.Family | Sort-Object -Unique | Should -Be IPv4
        $nodes.Port | Should -Contain $routerPort
        $nodes.NodeId | Should -Match '^[0-9a-f]{40}$'
        $nodes | ForEach-Object { $_.BytesSent | Should -BeGreaterThan 0; $_.BytesReceived | Should -BeGreaterThan 0 }
        (Get-TorrentDht -Bucket | Measure-Object Nodes -Sum).Sum | Should -Be ($nodes | Measure-Object Nodes -Sum).Sum
        Get-TorrentDht -Bucket | Select-Object -First 1 | Should -BeOfType 'TorrentPS.TorrentDhtBucket'
        (Get-TorrentSession).DhtNodes | Should -BeGreaterThan 1
        (Get-TorrentSession | Out-String) | Should -Match 'EnableDht\s+: on, running: \d+ nodes known'
        ($nodes | Out-String) | Should -Match 'Family\s+Port\s+Nodes'
    }

    It 'stores a value and returns it by its target, also to another process' {
        $item = Set-TorrentDhtItem 'Hello World!'
        $item.Target | Should -Be 'e5f96f6f38320f0f33959cb4d3d656452117aadb' -Because 'BEP 44 has this as its example'
        [byte[]] $bytes = 0, 255, 27
        $kept = 42, $bytes | ForEach-Object { Set-TorrentDhtItem -Value $_ } | Get-TorrentDhtItem
        $kept[0].Value | Should -Be 42
        $kept[1].Value | Should -Be $bytes
        ($kept[0] | Set-TorrentDhtItem).Target | Should -Be $kept[0].Target
        (& $pwsh -NoProfile -NonInteractive -Command "$reach; (Get-TorrentDhtItem $($item.Target)).Value") | Should -Be 'Hello World!'
    }

    It 'finds a seed by info hash, from another process and without a tracker' {
        Wait-Until { @(Get-TorrentDht | Where-Object StoredPeers -GT 0).Count -gt 0 } -Seconds 30 | Should -BeTrue -Because 'the seed announces itself'
        $found = & $pwsh -NoProfile -NonInteractive -Command "$reach; Find-TorrentPeer $($info.InfoHash) -Count 1 -TimeoutSeconds 20 | ConvertTo-Json -EnumsAsStrings" | ConvertFrom-Json
        $found.Address | Should -Be '127.0.0.1'
        $found.Port | Should -Be $seedPort
        $found.InfoHash | Should -Be $info.InfoHash
        $found.Source | Should -Be Dht
    }

    It 'downloads from peers that the DHT finds' {
        $done = & $pwsh -NoProfile -NonInteractive -Command "$reach; (Start-TorrentDownload album.torrent -Destination ./got -Wait).GoalReached"
        $done | Should -Be True
        Get-ContentHash got/album | Should -Be (Get-ContentHash data/album)
    }

    It 'stores nothing with -WhatIf' {
        Set-TorrentDhtItem 'not this' -WhatIf | Should -BeNullOrEmpty
        Get-TorrentDhtItem 3a39ef788ef814ebc2cc78aec48ac6fd5cf96679 -TimeoutSeconds 10 -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'DhtItemNotFound,*'
    }

    It 'is not searched for private torrents' {
        # Public torrents are found with each kind of pipeline input.
        Get-Torrent album | Find-TorrentPeer -Count 1 -TimeoutSeconds 20 | Should -BeOfType 'TorrentPS.TorrentPeer'
        $info.Magnet | Find-TorrentPeer -Count 1 -TimeoutSeconds 20 | Should -BeOfType 'TorrentPS.TorrentPeer'
        Get-TorrentInfo private.torrent | Find-TorrentPeer -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'PrivateTorrent,*'
        $job = Start-TorrentSeed private.torrent -DataPath data -SkipCheck -Port (Get-FreePort) @local | Wait-Check
        $job.InfoHash | Find-TorrentPeer -ErrorVariable errors -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'PrivateTorrent,*'
        $job | Remove-Job -Force
    }

    It 'refuses invalid input with stable error ids' {
        'xyz' | Find-TorrentPeer -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidInfoHash,*'
        Find-TorrentPeer -Magnet 'magnet:?dn=x' -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidMagnet,*'
        Get-TorrentDhtItem xyz -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTarget,*'
        Set-TorrentDhtItem ('x' * 1000) -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'ItemTooLarge,*'
        Set-TorrentDhtItem (Get-Date) -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidItem,*'
    }
}

Describe 'The DHT when disabled or unreachable' {
    It 'reports that it is disabled' {
        $id = & $pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Set-TorrentSession -EnableDht `$false; Find-TorrentPeer $($info.InfoHash) -ErrorVariable e -ErrorAction SilentlyContinue; `$e[0].FullyQualifiedErrorId; Get-TorrentDht"
        $id | Should -Be 'DhtUnavailable,TorrentPS.Cmdlets.FindTorrentPeerCommand'
    }

    It 'reports within the timeout that no node answered' {
        $lines = & $pwsh -NoProfile -NonInteractive -Command "`$env:TORRENTPS_STATE = '$TestDrive/empty'; Import-Module '$ModulePath'; Set-TorrentSession -EnableDht `$true -BindAddress 127.0.0.1 -DhtBootstrap 127.0.0.1:$(Get-FreePort); `$clock = [System.Diagnostics.Stopwatch]::StartNew(); Find-TorrentPeer $($info.InfoHash) -TimeoutSeconds 2 -ErrorVariable e -ErrorAction SilentlyContinue; `$clock.Elapsed.TotalSeconds; `$e[0].FullyQualifiedErrorId"
        $lines[1] | Should -BeLike 'DhtUnreachable,*'
        [double] $lines[0] | Should -BeLessThan 5
    }

    It 'ends a search at once on Ctrl+C' -Skip:$IsWindows {
        Set-Content search.ps1 "`$env:TORRENTPS_STATE = '$TestDrive/empty'; Import-Module '$ModulePath'; Set-TorrentSession -EnableDht `$true -BindAddress 127.0.0.1 -DhtBootstrap 127.0.0.1:$(Get-FreePort); Set-Content ./searching y; Find-TorrentPeer $($info.InfoHash) -TimeoutSeconds 60"
        $child = Start-Process $pwsh '-NoProfile', '-NonInteractive', '-File', 'search.ps1' -PassThru -RedirectStandardOutput out.txt -RedirectStandardError err.txt
        try {
            Wait-Until { Test-Path ./searching } | Should -BeTrue
            Start-Sleep -Milliseconds 500
            kill -INT $child.Id
            $child.WaitForExit(5000) | Should -BeTrue -Because 'the search is cancelled at once'
        }
        finally { if (-not $child.HasExited) { $child.Kill() } }
        Get-Content err.txt | Should -BeNullOrEmpty
    }
}
