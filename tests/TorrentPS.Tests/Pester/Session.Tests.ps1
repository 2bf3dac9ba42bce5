BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 2MB -Seed 6
    $null = New-Torrent data/album -OutputPath album.torrent
    $pwsh = Join-Path $PSHOME pwsh
    $saved = Join-Path $env:TORRENTPS_STATE session.json
    $atFirst = Get-TorrentSession

    function Undo-All {
        Remove-AllJobs
        $atFirst | Set-TorrentSession
    }

    function Start-Seed([hashtable] $With = @{}) { Start-TorrentSeed album.torrent -DataPath data -SkipCheck @With | Wait-Check }
}

AfterAll {
    Set-TorrentSession @Alone -Save
    Pop-Location
}

Describe 'Get-TorrentSession' {
    AfterEach { Undo-All }

    It 'shows the settings while no torrent is running' {
        $session = Get-TorrentSession
        $session | Should -BeOfType 'TorrentPS.TorrentSessionInfo'
        $session.ListenPorts | Should -BeNullOrEmpty
        $session.Torrents | Should -Be 0
        $session.EnableDht | Should -BeFalse
        $session.EnablePex | Should -BeTrue
        $session.DhtBootstrap | Should -Contain 'router.bittorrent.com:6881'
        $session.PeerCache | Should -Be 'none'
        $session.MaxMetadataSize | Should -Be 32MB
        ($session | Out-String) | Should -Match 'Listening\s+: no: no torrent is running'
    }

    It 'shows the listening ports and the number of running torrents' {
        $port = Get-FreePort
        $null = Start-Seed @{ Port = $port; BindAddress = '127.0.0.1' }
        $session = Get-TorrentSession
        $session.ListenPorts | Should -Be $port
        $session.Torrents | Should -Be 1
        "$session" | Should -Be "1 torrent, port $port"
        ($session | Out-String) | Should -Match "Listening\s+: port $port"
    }

    It 'shows the status of each peer source' {
        $idle = Set-TorrentSession -EnableLsd $true -EnablePex $false -PeerCache file -PassThru
        $idle.DhtStatus.State | Should -Be Off
        $idle.PexStatus.State | Should -Be Off
        $idle.LsdStatus.State | Should -Be Idle
        $idle.PeerCacheStatus.State | Should -Be Idle
        ($idle | Out-String) | Should -Match 'EnableLsd\s+: on, idle: No public torrent is running\.'
        ($idle | Out-String) | Should -Match 'EnablePex\s+: off'

        $null = Start-Seed @{ Port = (Get-FreePort); BindAddress = '127.0.0.1' }
        Wait-Until { (Get-TorrentSession).LsdStatus.State -eq 'Running' } | Should -BeTrue
        $running = Get-TorrentSession -WarningVariable warnings
        $running.LsdStatus.Reason | Should -BeNullOrEmpty
        $running.LocalNetworks.LocalAddress | Should -Be '127.0.0.1'
        $running.PeerCacheStatus.State | Should -Be Running
        ($running | Out-String) | Should -Match 'EnableLsd\s+: on, running: .+ \(127\.0\.0\.1\)'
        $warnings | Should -BeNullOrEmpty
    }

    It 'shows the status of port mapping, and maps nothing in a session on the loopback interface' {
        (Get-TorrentSession).PortMappingStatus.State | Should -Be Off
        (Get-TorrentSession | Out-String) | Should -Match 'EnablePortMapping\s+: off'
        Set-TorrentSession -EnablePortMapping $true
        $null = Start-Seed @{ Port = (Get-FreePort); BindAddress = '127.0.0.1' }
        Wait-Until { (Get-TorrentSession).PortMappingStatus.Reason -like '*no gateway*' } | Should -BeTrue
        $session = Get-TorrentSession
        $session.PortMappingStatus.State | Should -Be Idle
        $session.Gateways | Should -BeNullOrEmpty
    }

    It 'warns once of a peer cache that is not reachable, also in the first job' {
        $away = "redis://127.0.0.1:$(Get-FreePort)/0"
        Set-TorrentSession -PeerCache $away
        $job = Start-Seed @{ Port = (Get-FreePort); BindAddress = '127.0.0.1' }
        Wait-Until { (Get-TorrentSession -WarningAction SilentlyContinue).PeerCacheStatus.State -eq 'Failed' } | Should -BeTrue
        $session = Get-TorrentSession -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        $warnings | Should -BeLike "*$away*is not available*"
        $session.Warnings | Should -Be $warnings.Message
        ($session | Out-String) | Should -Match "PeerCache\s+: $away, failed: "
        Wait-Until { $job.Warning.Count -eq 1 } | Should -BeTrue
        Start-Sleep -Milliseconds 1500   # The job checks for warnings every second.
        $job.Warning | Should -HaveCount 1
    }
}

Describe 'Set-TorrentSession' {
    AfterEach { Undo-All }

    It 'sets the port and address of torrents that are started without -Port and -BindAddress' {
        $port = Get-FreePort
        $own = Get-FreePort
        Set-TorrentSession -Port $port -BindAddress 127.0.0.1
        $first = Start-Seed
        (Get-TorrentSession).ListenPorts | Should -Be $port
        $first | Remove-Job -Force
        $null = Start-Seed @{ Port = $own }
        (Get-TorrentSession).ListenPorts | Should -Be $own
    }

    It 'limits all running torrents together, and removes the limit again' {
        $port = Get-FreePort
        $null = Start-Seed @{ Port = $port; BindAddress = '127.0.0.1' }
        Set-TorrentSession -UploadLimit 200KB -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $job = Start-TorrentDownload album.torrent -Destination ./limited -Peer "127.0.0.1:$port" -Port (Get-FreePort) -BindAddress 127.0.0.1
        Wait-Until { $job.Status.PiecesHave -gt 0 } | Should -BeTrue
        $job.Status.Progress | Should -BeLessThan 60
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        Set-TorrentSession -UploadLimit 0
        (Get-TorrentSession).UploadLimit | Should -BeNullOrEmpty
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 4 -Because 'at the limit before, the rest takes longer'
    }

    It 'switches peer sources while torrents are running, without a warning' {
        $null = Start-Seed @{ Port = (Get-FreePort); BindAddress = '127.0.0.1' }
        Set-TorrentSession -EnableDht $true -EnableLsd $true -EnablePex $false -DhtBootstrap @() -PeerCache file -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $on = Get-TorrentSession
        $on.DhtStatus.State | Should -Be Waiting
        $on.PexStatus.State | Should -Be Off
        $on.PeerCacheStatus.State | Should -Be Running
        Get-TorrentDht | Should -HaveCount 1
        Wait-Until { (Get-TorrentSession).LsdStatus.State -eq 'Running' } | Should -BeTrue

        $off = Set-TorrentSession -EnableDht $false -EnableLsd $false -EnablePex $true -PeerCache none -PassThru -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $off.DhtStatus.State, $off.LsdStatus.State, $off.PeerCacheStatus.State | Should -Be Off, Off, Off
        $off.PexStatus.State | Should -Be Running
        Get-TorrentDht | Should -BeNullOrEmpty
        $off.Torrents | Should -Be 1
    }

    It 'warns of running torrents that keep the old port, but not of ended ones' {
        $port = Get-FreePort
        $null = Start-Seed @{ Port = $port; BindAddress = '127.0.0.1' }
        Set-TorrentSession -BindAddress ::1 -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -BeLike '1 running torrent keeps the old port and address*'
        (Get-TorrentSession).ListenPorts | Should -Be $port
        Remove-AllJobs
        Wait-Until { -not (Get-TorrentSession).ListenPorts } | Should -BeTrue
        Set-TorrentSession -BindAddress $null -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
    }

    It 'has a parameter for each setting that Get-TorrentSession shows' {
        $shown = $atFirst.PSObject.Properties.Name
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters + [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
        $set = (Get-Command Set-TorrentSession).Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin 'Save', 'PassThru' }

        # -Encryption sets OutgoingEncryption and IncomingEncryption.
        $set | Where-Object { $_ -notin $shown -and $_ -ne 'Encryption' } | Should -BeNullOrEmpty
        $set | Should -Contain EnableWebSeeds
        @($set).Count | Should -BeGreaterOrEqual 12
    }

    It 'uses any free port for -Port 0, and the first free port from 6881 for -Port $null' {
        Set-TorrentSession -Port 0 -BindAddress 127.0.0.1
        (Get-TorrentSession).Port | Should -Be 0
        $job = Start-Seed
        (Get-TorrentSession).ListenPorts | Should -BeGreaterThan 6999 -Because 'operating systems choose higher ports'
        $job | Remove-Job -Force
        Wait-Until { -not (Get-TorrentSession).ListenPorts } | Should -BeTrue
        Set-TorrentSession -Port $null
        (Get-TorrentSession).Port | Should -BeNullOrEmpty
    }

    It 'changes and saves nothing with -WhatIf' {
        $before = Get-Content $saved -Raw
        Set-TorrentSession -MaxConnections 7 -DownloadLimit 1MB -Save -WhatIf
        (Get-TorrentSession).MaxConnections | Should -Be 500
        (Get-TorrentSession).DownloadLimit | Should -BeNullOrEmpty
        Get-Content $saved -Raw | Should -Be $before
    }

    It 'accepts settings from the pipeline by property name, also its own output' {
        $now = [pscustomobject]@{ Port = 7001; EnablePex = $false; DhtBootstrap = '[::1]:6881', 'node.example:1'; PeerCache = 'redis://me:secret@cache.example:6379/1' } |
            Set-TorrentSession -PassThru
        $now.Port | Should -Be 7001
        $now.EnablePex | Should -BeFalse
        $now.DhtBootstrap | Should -Be '[::1]:6881', 'node.example:1'
        $now.PeerCache | Should -Be 'redis://cache.example:6379/1' -Because 'the password must not be shown'
        $again = Get-TorrentSession | Set-TorrentSession -Save -PassThru
        ($again | ConvertTo-Json) | Should -Be ($now | ConvertTo-Json)
        Get-Content $saved -Raw | Should -BeLike '*me:secret@*'
        if (-not $IsWindows) { (Get-Item $saved).UnixMode | Should -Be '-rw-------' }
        Set-TorrentSession -Port $null -DhtBootstrap default
        (Get-TorrentSession).Port | Should -BeNullOrEmpty
        (Get-TorrentSession).DhtBootstrap | Should -Be $atFirst.DhtBootstrap
    }

    It 'saves settings for later processes, with -Save alone or with other parameters' {
        Set-TorrentSession -Port 7007 -MaxConnections 77 -MaxConnectionsPerAddress 3 -Encryption Require -IncomingEncryption Disable
        Set-TorrentSession -UploadLimit 55KB -Save
        $seen = & $pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Get-TorrentSession | ConvertTo-Json" | ConvertFrom-Json
        $seen.Port | Should -Be 7007
        $seen.MaxConnections | Should -Be 77
        $seen.MaxConnectionsPerAddress | Should -Be 3
        $seen.UploadLimit | Should -Be 55KB
        $seen.OutgoingEncryption | Should -Be ([int][TorrentPS.Engine.EncryptionPolicy]::Require)
        $seen.IncomingEncryption | Should -Be ([int][TorrentPS.Engine.EncryptionPolicy]::Disable)
        $seen.EnableDht | Should -BeFalse
        Get-ChildItem $env:TORRENTPS_STATE -Filter '*.new' | Should -BeNullOrEmpty
    }

    It 'warns once of an invalid settings file (<_>), and uses the defaults' -ForEach @(
        '{ "Port": ', '{ "Port": 70000 }', '{ "PeerCache": "http://x/" }', '{ "BindAddress": "home" }', ''
    ) {
        Set-Content $saved $_
        $lines = & $pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; & { Get-TorrentSession; Get-TorrentSession } 3>&1 | ForEach-Object { `$_.GetType().Name; `$_.Message; `$_.MaxConnections }"
        $lines[0] | Should -Be WarningRecord
        $lines[1] | Should -BeLike "*session.json' can't be used:*The defaults are used*"
        ($lines -eq 'WarningRecord').Count | Should -Be 1
        ($lines -eq '500').Count | Should -Be 2
        Set-TorrentSession @Alone -Save
        Get-Content $saved -Raw | ConvertFrom-Json | Select-Object -ExpandProperty PeerCache | Should -Be none
    }

    It 'refuses invalid values with stable error ids, and changes nothing' {
        { Set-TorrentSession } | Should -Throw -ErrorId 'NothingToChange,*'
        foreach ($wrong in @{ Port = 70000 }, @{ Port = -1 }, @{ MaxConnections = 0 }, @{ MaxConnectionsPerAddress = 0 }, @{ DownloadLimit = -5 }, @{ MaxMetadataSize = 0 }) {
            Set-TorrentSession @wrong -UploadLimit 9KB -ErrorVariable errors -ErrorAction SilentlyContinue
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'BadSettings,*'
        }
        foreach ($wrong in @{ PeerCache = 'http://cache/' }, @{ DhtBootstrap = 'nowhere' }) {
            Set-TorrentSession @wrong -UploadLimit 9KB -ErrorVariable errors -ErrorAction SilentlyContinue
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidSetting,*'
        }
        (Get-TorrentSession).UploadLimit | Should -BeNullOrEmpty
    }

    It 'uses an IP filter, shows it, saves it, and opens no session while the saved list is missing' {
        'Company:192.0.2.0-192.0.2.255', 'nonsense', '127.0.0.0/8' | Set-Content list.p2p
        $list = (Get-Item list.p2p).FullName
        $session = Set-TorrentSession -IPFilter list.p2p -PortFilter 25, 1-10 -Save -PassThru
        $session.IPFilter | Should -Be $list
        $session.IPFilterRanges | Should -Be 2
        $session.PortFilter | Should -Be '25', '1-10'
        $session | Out-String | Should -Match 'IPFilter\s+: .*\(2 ranges\)'

        $null = Start-Seed
        $null = Test-Connection -TargetName 127.0.0.1 -TcpPort (Get-TorrentSession).ListenPorts[0]
        $limit = [datetime]::Now.AddSeconds(20)
        while ((Get-TorrentSession).IPFilterCounts.Incoming -eq 0 -and [datetime]::Now -lt $limit) { Start-Sleep -Milliseconds 50 }
        (Get-TorrentSession).IPFilterCounts.Incoming | Should -BeGreaterThan 0
        Remove-AllJobs

        Remove-Item list.p2p
        $start = "Import-Module '$ModulePath'; Start-TorrentSeed '$PWD/album.torrent' -DataPath '$PWD/data' -ErrorVariable e -ErrorAction SilentlyContinue | Remove-Job; `$e[0].FullyQualifiedErrorId"
        & $pwsh -NoProfile -Command $start | Should -BeLike 'BadIPFilter,*'
        { Set-TorrentSession -IPFilter list.p2p -ErrorAction Stop } | Should -Throw -ErrorId 'BadIPFilter,*'
        (Set-TorrentSession -IPFilter $null -PortFilter @() -Save -PassThru).IPFilter | Should -BeNullOrEmpty
    }

    It 'completes parameter values' {
        function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
        Complete 'Set-TorrentSession -PeerCache ' | Should -Be 'file', 'none', 'redis://localhost:6379/0', 'rediss://localhost:6379/0'
        Complete 'Set-TorrentSession -BindAddress 127.' | Should -Contain '127.0.0.1'
        Complete 'Set-TorrentSession -DhtBootstrap d' | Should -Contain 'default'
    }
}
