@{
    Severity     = @('Error', 'Warning')
    ExcludeRules = @(
        # Functions inside our own scripts; nobody else sees their names or asks them for -WhatIf.
        'PSUseShouldProcessForStateChangingFunctions'
        'PSUseSingularNouns'
        # Pester's blocks hand variables from one to the other in ways that the analyzer does not follow.
        'PSUseDeclaredVarsMoreThanAssignments'
        # The rule does not see that a script's functions use the script's parameters.
        'PSReviewUnusedParameter'
        # The tests' password is made by the script itself, for a registry on loopback.
        'PSAvoidUsingPlainTextForPassword'
    )
}
