# Draws what a terminal has printed as an SVG picture, and prints it as plain text. Knows the colours and styles that PowerShell uses.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $Destination,
    [int] $Columns = 118
)

$ErrorActionPreference = 'Stop'
$colours = @{
    30 = '#484f58'; 31 = '#ff7b72'; 32 = '#3fb950'; 33 = '#d29922'; 34 = '#58a6ff'; 35 = '#bc8cff'; 36 = '#39c5cf'; 37 = '#b1bac4'
    90 = '#6e7681'; 91 = '#ffa198'; 92 = '#56d364'; 93 = '#e3b341'; 94 = '#79c0ff'; 95 = '#d2a8ff'; 96 = '#56d4dd'; 97 = '#f0f6fc'
}
$width = 8.4
$height = 18

# A terminal's other sequences (titles, modes, cursor) draw nothing.
$text = (Get-Content -Raw $Path) -creplace '\e\][^\a\e]*(\a|\e\\)', '' -creplace '\e\[[\?0-9;]*[A-Zac-ln-z]', '' -creplace '\e[=>]', ''
$lines = [System.Collections.Generic.List[string]]::new()
$plain = [System.Collections.Generic.List[string]]::new()
$colour = $null
$bold = $false
foreach ($line in $text.TrimEnd() -split "`n") {
    $spans = [System.Text.StringBuilder]::new()
    $bare = [System.Text.StringBuilder]::new()
    foreach ($part in [regex]::Split($line, '(\e\[[0-9;]*m)')) {
        if ($part -match '^\e\[([0-9;]*)m$') {
            foreach ($code in ($Matches[1] -split ';')) {
                switch ([int]($code ? $code : 0)) {
                    0 { $colour = $null; $bold = $false }
                    1 { $bold = $true }
                    22 { $bold = $false }
                    39 { $colour = $null }
                    default { if ($colours.ContainsKey($_)) { $colour = $colours[$_] } }
                }
            }
            continue
        }
        $attributes = ($colour ? " fill=`"$colour`"" : '') + ($bold ? ' font-weight="bold"' : '')
        # A terminal breaks a line at its last column.
        while ($part) {
            $room = $Columns - $bare.Length % $Columns
            $piece = $part.Substring(0, [math]::Min($room, $part.Length))
            $part = $part.Substring($piece.Length)
            $x = 16 + ($bare.Length % $Columns) * $width
            $null = $spans.Append("<tspan x=`"$x`"$attributes>$([System.Security.SecurityElement]::Escape($piece))</tspan>")
            $null = $bare.Append($piece)
            if ($part) {
                $lines.Add("<text y=`"$(30 + $lines.Count * $height)`">$spans</text>")
                $null = $spans.Clear()
            }
        }
    }
    $lines.Add("<text y=`"$(30 + $lines.Count * $height)`">$spans</text>")
    $plain.Add($bare.ToString().TrimEnd())
}

$w = [math]::Ceiling(32 + $Columns * $width)
$h = 36 + $lines.Count * $height
$svg = @"
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $w $h" width="$w" height="$h" role="img" aria-label="A session in PowerShell">
<rect width="$w" height="$h" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">
$($lines -join "`n")
</g>
</svg>
"@
Set-Content -Path $Destination -Value $svg
$plain
