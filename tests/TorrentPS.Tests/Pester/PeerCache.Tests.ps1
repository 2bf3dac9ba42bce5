BeforeDiscovery {
    $skipped = -not (Get-Command redis-server -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $pwsh = (Get-Process -Id $PID).Path
    New-Content data/album -Size 64KB -Seed 21
    $null = New-Torrent data/album -OutputPath album.torrent
}

AfterAll {
    Pop-Location
}

Describe 'A Redis server with TLS' -Skip:$skipped {
    BeforeAll {
        $key = [System.Security.Cryptography.RSA]::Create(2048)
        $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
            'CN=localhost', $key, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $names = [System.Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
        $names.AddDnsName('localhost')
        $request.CertificateExtensions.Add($names.Build())
        $now = [datetimeoffset]::UtcNow
        $certificate = $request.CreateSelfSigned($now.AddDays(-1), $now.AddDays(1))
        Set-Content redis.crt $certificate.ExportCertificatePem()
        Set-Content redis.key $key.ExportPkcs8PrivateKeyPem()
        $port = Get-FreePort
        $options = '--port', 0, '--tls-port', $port, '--tls-cert-file', "$TestDrive/redis.crt", '--tls-key-file',
            "$TestDrive/redis.key", '--tls-ca-cert-file', "$TestDrive/redis.crt", '--tls-auth-clients', 'no',
            '--bind', '127.0.0.1', '--requirepass', 's3cret', '--appendonly', 'no', '--dir', "$TestDrive"
        $redis = Start-Process redis-server $options -PassThru -RedirectStandardOutput redis.log
        Wait-Until { (Get-Content redis.log -Raw) -match 'Ready to accept connections' } | Should -BeTrue

        function Get-CacheStatus([string] $Server, [string] $Trusted) {
            # A process reads the trusted certificates once, from the environment with which it was started.
            $env:SSL_CERT_FILE = $Trusted ? $Trusted : $null
            $script = "
                `$env:TORRENTPS_STATE = '$TestDrive/state'
                Import-Module '$ModulePath'
                Set-TorrentSession -EnableDht `$false -EnableLsd `$false -Port 0 -BindAddress 127.0.0.1
                Set-TorrentSession -PeerCache $Server -Verbose 4>&1 | Out-String
                `$null = Start-TorrentSeed '$TestDrive/album.torrent' -DataPath '$TestDrive/data'
                foreach (`$i in 1..300) {
                    `$status = (Get-TorrentSession -WarningAction SilentlyContinue).PeerCacheStatus
                    if (`$status.State -in 'Running', 'Failed') { break }
                    Start-Sleep -Milliseconds 200
                }
                Get-TorrentSession -WarningAction SilentlyContinue | Out-String
                ""State: `$(`$status.State) `$(`$status.Reason)""
                Get-Job | Remove-Job -Force"
            try { (& $pwsh -NoProfile -NonInteractive -Command $script) -join "`n" } finally { $env:SSL_CERT_FILE = $null }
        }
    }

    AfterAll { $redis | Stop-Process }

    It 'is used if its certificate is trusted, and its password is not shown' {
        $output = Get-CacheStatus "rediss://:s3cret@localhost:$port/0" "$TestDrive/redis.crt"
        $output | Should -Match 'State: Running'
        $output | Should -Not -Match 's3cret'
    }

    It 'is refused if its certificate is not trusted' {
        $output = Get-CacheStatus "rediss://:s3cret@localhost:$port/0" ''
        $output | Should -Match 'State: Failed .*certificate'
        $output | Should -Not -Match 's3cret'
    }

    It 'is refused if its certificate is for another host name' {
        $output = Get-CacheStatus "rediss://:s3cret@127.0.0.1:$port/0" "$TestDrive/redis.crt"
        $output | Should -Match 'State: Failed .*certificate'
    }

    It 'refuses a wrong password without showing it' {
        $output = Get-CacheStatus "rediss://me:wr0ng@localhost:$port/0" "$TestDrive/redis.crt"
        $output | Should -Match 'State: Failed .*refused the user name or the password'
        $output | Should -Not -Match 'wr0ng|s3cret'
    }
}

Describe 'The password of a peer cache' {
    It 'is not in an error, <_>' -ForEach 'redis://me:s3cret@host:1/x', 'rediss://me:s3%2Bcret@', 'redis://host:1?p=s3cret' {
        Set-TorrentSession -PeerCache $_ -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidSetting*'
        # The error contains the line of the script too, which has only the variable.
        ($errors | Format-List * -Force | Out-String) + (Get-Error -InputObject $errors[0] | Out-String) |
            Should -Not -Match 's3cret|s3%2Bcret'
    }

    It 'is not in the preview' {
        $location = 'rediss://me:s3cret@host:1/0'
        $preview = Start-Transcript preview.txt && Set-TorrentSession -PeerCache $location -WhatIf && Stop-Transcript
        $preview | Should -Not -BeNullOrEmpty
        $text = Get-Content preview.txt -Raw
        $text | Should -Match 'rediss://host:1/0'
        $text | Should -Not -Match 's3cret'
    }
}
