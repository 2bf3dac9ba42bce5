BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $commands = Get-Command -Module TorrentPS | ForEach-Object { @{ Name = $_.Name } }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $pwsh = Join-Path $PSHOME pwsh

    function Read-Example([string] $Command) {
        # Returns title, code, output and remark of each example in the help page of a command.
        $page = Get-Content -Raw "$PSScriptRoot/../../../docs/cmdlets/$Command.md"
        $section = [regex]::Match($page, '(?s)\n## Examples\n(.*?)\n## Description\n').Groups[1].Value
        foreach ($example in [regex]::Matches($section, '(?s)### (?<title>[^\n]+)\n(?<body>.*?)(?=\n### |\z)')) {
            $body = $example.Groups['body'].Value
            $code = [regex]::Match($body, '(?s)```powershell\n(.*?)\n```').Groups[1].Value
            $output = [regex]::Match($body, '(?s)```output\n(.*?)\n```').Groups[1].Value
            $remark = $body -replace '(?s)```.*?\n```'
            [pscustomobject]@{ Title = $example.Groups['title'].Value; Code = $code; Output = $output; Remark = $remark }
        }
    }

    function Measure-Sockets {
        # Number of open sockets of this process; null on systems without /proc.
        if (-not $IsLinux) { return $null }
        @(Get-ChildItem "/proc/$PID/fd" -ErrorAction SilentlyContinue | Where-Object { $_.LinkTarget -like 'socket:*' }).Count
    }
}

Describe 'The module' {
    It 'exports exactly the cmdlets of the manifest' {
        $manifest = Import-PowerShellDataFile (Join-Path $ModulePath TorrentPS.psd1)
        (Get-Command -Module TorrentPS).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        Test-ModuleManifest (Join-Path $ModulePath TorrentPS.psd1) -ErrorAction Stop | Should -Not -BeNullOrEmpty
    }

    It 'contains no assemblies except its own' {
        (Get-ChildItem $ModulePath -Filter *.dll).Name | Sort-Object | Should -Be 'TorrentPS.dll', 'TorrentPS.Engine.dll', 'TorrentPS.Protocol.dll'
    }

    It 'is imported without opening a socket, starting a thread or creating the state folder' {
        $state = Join-Path $TestDrive 'never'
        $import = @"
`$env:TORRENTPS_STATE = '$state'
`$sockets = @(Get-ChildItem /proc/`$PID/fd -ErrorAction SilentlyContinue | Where-Object LinkTarget -Like 'socket:*').Count
Import-Module '$ModulePath'
`$opened = @(Get-ChildItem /proc/`$PID/fd -ErrorAction SilentlyContinue | Where-Object LinkTarget -Like 'socket:*').Count - `$sockets
`$named = if (`$IsLinux) { @(Get-Content /proc/`$PID/task/*/comm | Where-Object { `$_ -like '*orrent*' }).Count } else { 0 }
"`$opened `$named `$(Test-Path '$state')"
"@
        & $pwsh -NoProfile -NonInteractive -Command $import | Should -Be '0 0 False'
    }

    It 'keeps torrents and jobs when it is removed or imported again' {
        # A session that another test used for a search stays open for a minute. Close it before counting sockets.
        Remove-Module TorrentPS
        Import-Module $ModulePath
        $before = Measure-Sockets
        New-Content "$TestDrive/kept"
        $null = New-Torrent "$TestDrive/kept" -OutputPath "$TestDrive/kept.torrent"
        $port = Get-FreePort
        $job = Start-TorrentSeed "$TestDrive/kept.torrent" -DataPath $TestDrive -BindAddress 127.0.0.1 -Port $port | Wait-Check
        $download = @{ Destination = "$TestDrive/got"; Peer = "127.0.0.1:$port"; BindAddress = '127.0.0.1'; Port = Get-FreePort; DownloadLimit = 500KB }
        $other = Start-TorrentDownload "$TestDrive/kept.torrent" @download
        Wait-Until { $other.Status.PiecesHave -gt 0 } | Should -BeTrue

        Import-Module $ModulePath -Force
        @(Get-Torrent).State | Should -Be Seeding, Downloading
        Remove-Module TorrentPS
        $job.State | Should -Be Running
        $other.State | Should -Be Running
        (Get-Job -Id $job.Id).State | Should -Be Running
        Import-Module $ModulePath
        @(Get-Torrent).State | Should -Be Seeding, Downloading
        (Get-Job -Id $other.Id | Wait-Torrent).GoalReached | Should -BeTrue
        Get-ContentHash "$TestDrive/got/kept" | Should -Be (Get-ContentHash "$TestDrive/kept")

        $job, $other | Remove-Job -Force
        Get-Torrent | Should -BeNullOrEmpty
        if ($IsLinux) { Wait-Until { (Measure-Sockets) -eq $before } -Seconds 5 | Should -BeTrue -Because 'the last torrent closes its session' }
    }

    It 'keeps torrents when another runspace imports it again, removes it or ends' {
        New-Content "$TestDrive/shared"
        $null = New-Torrent "$TestDrive/shared" -OutputPath "$TestDrive/shared.torrent"
        $seed = @{ Path = "$TestDrive/shared.torrent"; DataPath = $TestDrive; BindAddress = '127.0.0.1'; Port = Get-FreePort }
        $job = Start-TorrentSeed @seed | Wait-Check
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($module)
                Import-Module $module
                @(Get-Torrent).Name
                Import-Module $module -Force
                Remove-Module TorrentPS
            }).AddArgument($ModulePath)
        $shell.Invoke() | Should -Be shared
        $shell.Streams.Error | Should -BeNullOrEmpty
        $shell.Dispose()
        $job.Status.State | Should -Be Seeding
        $job | Remove-Job -Force

        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($module, $seed)
                Import-Module $module
                $null = Start-TorrentSeed @seed
            }).AddArgument($ModulePath).AddArgument($seed)
        $null = $shell.Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        $shell.Dispose()
        Wait-Until { (Get-Torrent shared).State -eq 'Seeding' } | Should -BeTrue
        (Stop-Torrent shared -PassThru).Source | Should -Be $seed.Path
        Get-Job shared | Remove-Job -Force
        Get-Job | Where-Object Name -EQ shared | Should -BeNullOrEmpty
    }

    It 'closes unused sessions when it is removed' {
        $before = Measure-Sockets
        Get-TorrentInfo -Magnet 'magnet:?xt=urn:btih:0123456789012345678901234567890123456789' -TimeoutSeconds 1 -ErrorAction SilentlyContinue
        if ($IsLinux) { Measure-Sockets | Should -BeGreaterThan $before }
        Remove-Module TorrentPS
        if ($IsLinux) { Measure-Sockets | Should -Be $before }
        Import-Module $ModulePath
    }

    It 'has the topic about_TorrentPS with scripts that can be parsed' {
        $topic = Get-Help about_TorrentPS | Out-String
        foreach ($section in 'NIGHTLY DOWNLOADS', 'PUBLISH A FOLDER', 'MONITOR') { $topic | Should -Match $section }
        # Code is indented by eight spaces. Each command of the module in it exists, with each parameter.
        $code = ($topic -split '\r?\n' | Where-Object { $_ -match '^ {8}\S|^ {9,}\S' }) -join "`n"
        $parsed = [System.Management.Automation.Language.Parser]::ParseInput(($code -replace '\.\.\.'), [ref]$null, [ref]$null)
        $used = $parsed.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) |
            Where-Object { $_.GetCommandName() -like '*Torrent*' -and $_.GetCommandName() -ne 'Import-Module' }
        $used.Count | Should -BeGreaterThan 8
        foreach ($command in $used) {
            $known = (Get-Command $command.GetCommandName()).Parameters.Keys
            $command.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] } |
                ForEach-Object { $known | Should -Contain $_.ParameterName -Because "$command is in the topic" }
        }
    }

    It 'passes PSScriptAnalyzer, as do its scripts' -Skip:(-not (Get-Module -ListAvailable PSScriptAnalyzer)) {
        $build = (Resolve-Path "$PSScriptRoot/../../../build.ps1").Path
        $log = & $pwsh -NoProfile -NonInteractive -Command "`$env:TORRENTPS_MODULE = '$ModulePath'; & '$build' Analyze" *>&1
        $log | Select-Object -Last 1 | Should -Match '^PSScriptAnalyzer found no problem in [4-9] scripts\.$'
    }

    It 'completes the files of a torrent, local addresses and jobs' {
        New-Content "$TestDrive/to complete"
        $null = New-Torrent "$TestDrive/to complete" -OutputPath "$TestDrive/complete.torrent"
        $line = "Start-TorrentDownload '$TestDrive/complete.torrent' -Include two"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'deep er/two.bin'"
        $job = Start-TorrentSeed "$TestDrive/complete.torrent" -DataPath $TestDrive -BindAddress 127.0.0.1 -Port (Get-FreePort)
        $line = "Set-Torrent 'to complete' -Exclude one"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'one.bin'"
        $line = 'Suspend-Job -Name to'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'to complete'"
        $line = 'Start-TorrentSeed x.torrent -BindAddress 127'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain '127.0.0.1'
        $job | Remove-Job -Force
    }

    It 'completes names and info hashes of running torrents' {
        New-Content "$TestDrive/it's here"
        $info = New-Torrent "$TestDrive/it's here" -OutputPath "$TestDrive/named.torrent"
        $job = Start-TorrentSeed "$TestDrive/named.torrent" -DataPath $TestDrive -BindAddress 127.0.0.1 -Port (Get-FreePort) | Wait-Check
        $line = 'Get-Torrent -Name it'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'it''s here'"
        $line = 'Stop-Torrent -InfoHash '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be $info.InfoHash
        $job | Remove-Job -Force
    }
}

Describe 'The help of <Name>' -ForEach $commands {
    BeforeAll {
        $help = Get-Help $Name -Full
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        $parameters = (Get-Command $Name).Parameters.Keys | Where-Object { $_ -notin $common }
    }

    It 'has a synopsis and a description' {
        $help.Synopsis | Should -Match '\w+ .*\.$'
        $help.description.Text | Should -Not -BeNullOrEmpty
    }

    It 'describes each parameter, and no unknown ones' {
        $described = @($help.parameters | Where-Object { $_.PSObject.Properties['parameter'] } | ForEach-Object parameter)
        $described | ForEach-Object name | Sort-Object | Should -Be ($parameters | Sort-Object)
        foreach ($parameter in $described) {
            $parameter.Description.Text | Should -Not -BeNullOrEmpty -Because "-$($parameter.name) needs a description"
        }
    }

    It 'has related links to commands and topics that exist' {
        $links = @($help.relatedLinks.navigationLink.linkText)
        $links.Count | Should -BeGreaterOrEqual 2
        foreach ($link in $links) {
            Get-Help $link -ErrorAction SilentlyContinue | Should -Not -BeNullOrEmpty -Because "$link is linked"
        }
    }

    It 'has at least two examples, each with its output or a remark that there is none' {
        $examples = @(Read-Example $Name)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) {
            $example.Code | Should -Not -BeNullOrEmpty
            ($example.Output -or $example.Remark -match '\bno output\b') | Should -BeTrue -Because "'$($example.Title)' needs output"
        }
        @($help.examples.example).Count | Should -Be $examples.Count
        $help.returnValues.returnValue.type.name | Should -Not -BeNullOrEmpty
    }

    It 'has examples that can be parsed, with parameters that exist' {
        foreach ($example in Read-Example $Name) {
            $problems = $null
            $parsed = [System.Management.Automation.Language.Parser]::ParseInput($example.Code, [ref]$null, [ref]$problems)
            $problems | Should -BeNullOrEmpty -Because "'$($example.Title)' is PowerShell"
            $used = $parsed.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
            foreach ($command in $used | Where-Object { Get-Command $_.GetCommandName() -Module TorrentPS -ErrorAction Ignore }) {
                $known = (Get-Command $command.GetCommandName()).Parameters
                $command.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] } |
                    ForEach-Object { $known.Keys | Should -Contain $_.ParameterName -Because "'$command' is in '$($example.Title)'" }
            }
        }
    }

    It 'states the default of each optional parameter' {
        # These parameters select the input. Without one of them, the cmdlet uses another or, as -Name says, all torrents.
        $selectors = 'InfoHash', 'Path', 'LiteralPath', 'Url', 'Magnet'
        $optional = @((Get-Command $Name).Parameters.Values | Where-Object {
                $_.Name -notin $common -and $_.Name -notin $selectors -and $_.ParameterSets.Values.IsMandatory -notcontains $true -and
                -not ($_.Name -eq 'Name' -and (Get-Command $Name).Parameters.ContainsKey('Job') -and (Get-Command $Name).Verb -notin 'Get', 'Measure', 'Wait')
            })
        foreach ($parameter in $optional) {
            $described = $help.parameters.parameter | Where-Object name -EQ $parameter.Name
            $described.defaultValue | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name) is optional"
        }
    }
}
