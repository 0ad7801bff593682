@{
    # The name is that of the module whose commands these stand in for: the engine itself calls them by it, in completion and in the
    # tables it shows.
    ModuleVersion = '7.0.0.0'
    GUID = '0f7a2c9e-93b1-4d27-b6d3-5a1e6c4b8f33'
    Author = 'PSDeck'
    CompanyName = 'PSDeck'
    Description = 'PSDeck''s reduced engine: stand-ins for commands on credentials and secret text.'
    PowerShellVersion = '7.0'
    CompatiblePSEditions = @('Core')
    NestedModules = @('../../engine.dll')
    CmdletsToExport = @(
        'ConvertFrom-SecureString',
        'ConvertTo-SecureString',
        'Get-Credential'
    )
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
}
