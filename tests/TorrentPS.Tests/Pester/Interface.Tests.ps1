BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    New-Content data/album -Size 256KB -Seed 12
    $null = New-Torrent data/album -OutputPath album.torrent
    $loopback = ([System.Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces() |
        Where-Object NetworkInterfaceType -eq 'Loopback')[0].Name
    $quietly = @{ ErrorVariable = 'errors'; ErrorAction = 'SilentlyContinue' }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe '-Interface' {
    It 'binds a transfer to the interface' {
        $port = Get-FreePort
        $null = Start-TorrentSeed album.torrent -DataPath data -Port $port -Interface $loopback | Wait-Check
        $download = @{ Destination = './copy'; Peer = "127.0.0.1:$port"; Port = Get-FreePort; Wait = $true }

        $result = Start-TorrentDownload album.torrent -Interface $loopback @download | Select-Object -Last 1

        $result.GoalReached | Should -BeTrue
    }

    It 'names the interface that is missing' {
        Start-TorrentDownload album.torrent -Destination ./none -Interface none9 -Port (Get-FreePort) @quietly

        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InterfaceUnavailable*'
        $errors[0].CategoryInfo.Category | Should -Be 'ResourceUnavailable'
        "$($errors[0])" | Should -BeLike "*'none9' is not available*"
        Test-Path ./none | Should -BeFalse
    }

    It 'excludes -BindAddress' {
        { Set-TorrentSession -Interface $loopback -BindAddress 127.0.0.1 -ErrorAction Stop } |
            Should -Throw '*exclude each other*'
    }

    It 'is a setting of the session' {
        Set-TorrentSession -Interface $loopback
        (Get-TorrentSession).Interface | Should -Be $loopback
        Get-TorrentSession | Set-TorrentSession
        Set-TorrentSession -Interface $null
        (Get-TorrentSession).Interface | Should -BeNullOrEmpty
    }

    It 'completes the names of interfaces' {
        $line = "Start-TorrentDownload album.torrent -Interface $($loopback.Substring(0, 1))"
        (TabExpansion2 $line $line.Length).CompletionMatches.ListItemText | Should -Contain $loopback
    }
}
