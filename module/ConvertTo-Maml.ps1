#Requires -Version 7.6
<#
.SYNOPSIS
Creates the MAML help file of the module from docs/cmdlets/*.md.

.DESCRIPTION
The texts come from the sections Synopsis, Examples, Description, Parameters, Inputs, Outputs and Related links of the
Markdown files. Types, positions, parameter sets, pipeline input and accepted values come from the cmdlets. A parameter
without a description, or a description without a parameter, is an error. A paragraph that begins with "Default:" is the
default value of the parameter; that of a switch is False. A block of type "output" after the code of an example is
appended to the code.
#>
param(
    [Parameter(Mandatory)] [string] $ModulePath,
    [Parameter(Mandatory)] [string] $SourcePath,
    [Parameter(Mandatory)] [string] $OutputPath
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$mamlNs = 'http://schemas.microsoft.com/maml/2004/10'
$commandNs = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
$devNs = 'http://schemas.microsoft.com/maml/dev/2004/10'

# Descriptions of the common parameters of cmdlets that support ShouldProcess. The Markdown files do not contain them.
$shouldProcess = @{
    WhatIf  = 'Shows what the cmdlet would do, without doing it.'
    Confirm = 'Asks for confirmation before each action.'
}

function Read-Section([string[]] $lines, [string] $level) {
    # Returns an ordered table from heading to lines, for one level of headings. Fenced code is never a heading.
    $sections = [ordered]@{}
    $current = $null
    $fenced = $false
    foreach ($line in $lines) {
        if ($line.StartsWith('```')) { $fenced = -not $fenced }
        if (-not $fenced -and $line.StartsWith("$level ")) {
            $current = $line.Substring($level.Length + 1).Trim()
            $sections[$current] = [System.Collections.Generic.List[string]]::new()
        }
        elseif ($null -ne $current) {
            $sections[$current].Add($line)
        }
    }
    $sections
}

function Get-Paragraph([string[]] $lines) {
    # Returns each paragraph as one line of plain text. Links keep their text; the marks of code and emphasis are removed.
    $text = ($lines -join "`n").Trim() -replace '\[([^\]]+)\]\([^)]+\)', '$1' -replace '`', '' -replace '\*\*', ''
    foreach ($paragraph in ($text -split '\n\s*\n')) {
        $isList = $paragraph -match '^\s*- '
        if ($isList) { $paragraph -split '\n(?=\s*- )' | ForEach-Object { ($_ -replace '\s*\n\s*', ' ').Trim() } }
        else { ($paragraph -replace '\s*\n\s*', ' ').Trim() }
    }
}

function Write-Para([System.Xml.XmlWriter] $xml, [string[]] $paragraphs) {
    foreach ($paragraph in $paragraphs) { $xml.WriteElementString('maml', 'para', $mamlNs, $paragraph) }
}

function Write-Text([System.Xml.XmlWriter] $xml, [string] $element, [string[]] $paragraphs) {
    $xml.WriteStartElement('maml', $element, $mamlNs)
    Write-Para $xml $paragraphs
    $xml.WriteEndElement()
}

function Write-Type([System.Xml.XmlWriter] $xml, [string] $name, [string[]] $paragraphs) {
    $xml.WriteStartElement('dev', 'type', $devNs)
    $xml.WriteElementString('maml', 'name', $mamlNs, $name)
    $xml.WriteEndElement()
    Write-Text -xml $xml -element 'description' -paragraphs $paragraphs
}

function Get-TypeName([type] $type) {
    $inner = [Nullable]::GetUnderlyingType($type)
    if ($inner) { $type = $inner }
    ([Microsoft.PowerShell.ToStringCodeMethods]::Type($type) -split '\.')[-1]
}

function Write-Parameter([System.Xml.XmlWriter] $xml, $parameter, $set, [string[]] $description) {
    $pipeline = @(
        if ($set.ValueFromPipeline) { 'ByValue' }
        if ($set.ValueFromPipelineByPropertyName) { 'ByPropertyName' }
    )
    $xml.WriteStartElement('command', 'parameter', $commandNs)
    $xml.WriteAttributeString('required', $set.IsMandatory.ToString().ToLowerInvariant())
    $xml.WriteAttributeString('variableLength', 'true')
    $wildcards = @($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.SupportsWildcardsAttribute] })
    $xml.WriteAttributeString('globbing', $wildcards.Count ? 'true' : 'false')
    $xml.WriteAttributeString('pipelineInput', $pipeline ? "True ($($pipeline -join ', '))" : 'False')
    $xml.WriteAttributeString('position', $set.Position -ge 0 ? "$($set.Position)" : 'named')
    $xml.WriteAttributeString('aliases', $parameter.Aliases.Count ? ($parameter.Aliases -join ', ') : 'none')
    $xml.WriteElementString('maml', 'name', $mamlNs, $parameter.Name)
    $default = @($description) -match '^Default: ' -replace '^Default: (.+)\.$', '$1'
    Write-Text -xml $xml -element 'Description' -paragraphs ($description -notmatch '^Default: ')
    $type = $parameter.ParameterType
    $enum = [Nullable]::GetUnderlyingType($type) ?? $type
    if ($enum.IsEnum) {
        $xml.WriteStartElement('command', 'parameterValueGroup', $commandNs)
        foreach ($value in [enum]::GetNames($enum)) {
            $xml.WriteStartElement('command', 'parameterValue', $commandNs)
            $xml.WriteAttributeString('required', 'false')
            $xml.WriteAttributeString('variableLength', 'false')
            $xml.WriteString($value)
            $xml.WriteEndElement()
        }
        $xml.WriteEndElement()
    }
    if ($type -ne [switch]) {
        $xml.WriteStartElement('command', 'parameterValue', $commandNs)
        $xml.WriteAttributeString('required', 'true')
        $xml.WriteAttributeString('variableLength', 'false')
        $xml.WriteString((Get-TypeName $type))
        $xml.WriteEndElement()
    }
    $xml.WriteStartElement('dev', 'type', $devNs)
    $xml.WriteElementString('maml', 'name', $mamlNs, (Get-TypeName $type))
    $xml.WriteEndElement()
    if ($type -eq [switch]) { $default = 'False' }
    if ($default) { $xml.WriteElementString('dev', 'defaultValue', $devNs, "$default") }
    $xml.WriteEndElement()
}

function Write-Command([System.Xml.XmlWriter] $xml, $command, $page) {
    $common = [System.Management.Automation.PSCmdlet]::CommonParameters
    $documented = Read-Section $page['Parameters'] '###'
    $descriptions = @{}
    foreach ($heading in $documented.Keys) {
        $descriptions[$heading.TrimStart('-')] = @(Get-Paragraph $documented[$heading])
    }
    $actual = @($command.Parameters.Values | Where-Object Name -NotIn $common)
    $names = @($actual | ForEach-Object Name)
    foreach ($name in $shouldProcess.Keys) {
        if ($name -in $names) { $descriptions[$name] = @($shouldProcess[$name]) }
    }
    $missing = @($names | Where-Object { -not $descriptions.ContainsKey($_) })
    $unknown = @($descriptions.Keys | Where-Object { $_ -notin $names })
    if ($missing -or $unknown) {
        throw "$($command.Name): parameters without a description: $missing; descriptions without a parameter: $unknown"
    }

    $xml.WriteStartElement('command', 'command', $commandNs)
    $xml.WriteStartElement('command', 'details', $commandNs)
    $xml.WriteElementString('command', 'name', $commandNs, $command.Name)
    $xml.WriteElementString('command', 'verb', $commandNs, $command.Verb)
    $xml.WriteElementString('command', 'noun', $commandNs, $command.Noun)
    Write-Text -xml $xml -element 'description' -paragraphs @(Get-Paragraph $page['Synopsis'])
    $xml.WriteEndElement()
    Write-Text -xml $xml -element 'description' -paragraphs @(Get-Paragraph $page['Description'])

    $xml.WriteStartElement('command', 'syntax', $commandNs)
    foreach ($set in $command.ParameterSets) {
        $xml.WriteStartElement('command', 'syntaxItem', $commandNs)
        $xml.WriteElementString('maml', 'name', $mamlNs, $command.Name)
        $inOrder = $set.Parameters | Where-Object Name -NotIn $common |
            Sort-Object { $_.Position -lt 0 }, Position, { -not $_.IsMandatory }, Name
        foreach ($parameter in $inOrder) {
            Write-Parameter -xml $xml -parameter $command.Parameters[$parameter.Name] -set $parameter -description $descriptions[$parameter.Name]
        }
        $xml.WriteEndElement()
    }
    $xml.WriteEndElement()

    $xml.WriteStartElement('command', 'parameters', $commandNs)
    foreach ($parameter in $actual | Sort-Object Name) {
        $set = @($parameter.ParameterSets.Values)[0]
        Write-Parameter -xml $xml -parameter $parameter -set $set -description $descriptions[$parameter.Name]
    }
    $xml.WriteEndElement()

    foreach ($kind in @(, @('Inputs', 'inputTypes', 'inputType')) + @(, @('Outputs', 'returnValues', 'returnValue'))) {
        $xml.WriteStartElement('command', $kind[1], $commandNs)
        $types = Read-Section $page[$kind[0]] '###'
        foreach ($name in $types.Keys) {
            $xml.WriteStartElement('command', $kind[2], $commandNs)
            Write-Type -xml $xml -name $name -paragraphs @(Get-Paragraph $types[$name])
            $xml.WriteEndElement()
        }
        $xml.WriteEndElement()
    }

    $xml.WriteStartElement('command', 'examples', $commandNs)
    $examples = Read-Section $page['Examples'] '###'
    foreach ($title in $examples.Keys) {
        $text = $examples[$title] -join "`n"
        if ($text -notmatch '(?s)```powershell\n(.*?)\n```(?:\s*```output\n(.*?)\n```)?(.*)') {
            throw "$($command.Name): the example '$title' has no code."
        }
        $code, $remarks = $Matches[1], $Matches[3]
        if ($Matches[2]) { $code += "`n`n" + $Matches[2] }
        $xml.WriteStartElement('command', 'example', $commandNs)
        $xml.WriteElementString('maml', 'title', $mamlNs, "--- $title ---")
        $xml.WriteElementString('dev', 'code', $devNs, $code)
        $xml.WriteStartElement('dev', 'remarks', $devNs)
        Write-Para $xml @(Get-Paragraph ($remarks -split "`n"))
        $xml.WriteEndElement()
        $xml.WriteEndElement()
    }
    $xml.WriteEndElement()

    $xml.WriteStartElement('command', 'relatedLinks', $commandNs)
    foreach ($link in @(Get-Paragraph $page['Related links']) -replace '^- ') {
        $xml.WriteStartElement('maml', 'navigationLink', $mamlNs)
        $xml.WriteElementString('maml', 'linkText', $mamlNs, $link)
        $xml.WriteElementString('maml', 'uri', $mamlNs, '')
        $xml.WriteEndElement()
    }
    $xml.WriteEndElement()
    $xml.WriteEndElement()
}

Import-Module $ModulePath
$commands = Get-Command -Module (Split-Path $ModulePath -Leaf) | Sort-Object Name
$null = New-Item (Split-Path $OutputPath) -ItemType Directory -Force
$xml = [System.Xml.XmlWriter]::Create($OutputPath, [System.Xml.XmlWriterSettings]@{ Indent = $true })
try {
    $xml.WriteStartElement('helpItems', 'http://msh')
    $xml.WriteAttributeString('schema', 'maml')
    foreach ($command in $commands) {
        $page = Read-Section (Get-Content (Join-Path $SourcePath "$($command.Name).md")) '##'
        Write-Command -xml $xml -command $command -page $page
    }
    $xml.WriteEndElement()
}
finally {
    $xml.Dispose()
}
