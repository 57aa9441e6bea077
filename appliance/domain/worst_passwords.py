"""Words that a password of ten characters or more is too often made of, letters only: the first that are guessed."""

WORST_WORDS = frozenset(
    """
    azerty azertyuiop azertyui qwerty qwertyuiop qwertzuiop qazwsx qazwsxedc wxcvbn qsdfghjklm asdfghjkl
    asdfgh zxcvbnm zxcvbn aqwzsx aqwzsxedc azeqsd azeqsdwxc abc abcd abcdef abcdefgh abcdefghij azertyazerty
    qwertyqwerty azertyqwerty aze qwe azer
    motdepasse monmotdepasse motdepassemotdepasse lemotdepasse mdp monmdp mdpmdp password passwords mypassword
    passwordpassword passe pass passpass passw passwd passphrase secret topsecret monsecret sesame
    sesameouvretoi changeme changezmoi changermoi achanger login loginlogin letmein welcome bienvenue test
    testtest testing default defaut temporaire provisoire demo demonstration nouveau trustno pwd code
    codesecret
    admin adminadmin administrateur administrator administration root rootroot toor user utilisateur invite
    guest prof professeur enseignant enseignante maitre maitresse directeur directrice direction ecole lecole
    monecole ecoleprimaire ecoleelementaire ecolematernelle maternelle elementaire primaire classe maclasse
    classemobile tablette tablettes eleve eleves preau lepreau preaupreau mairie ville education
    educationnationale academie rectorat school teacher teachers classroom student tablet
    jetaime jetaimejetaime mamour monamour amour iloveyou ilove loulou doudou doudoudoudou chouchou coucou
    coucoucoucou bonjour bonjourbonjour salut soleil soleilsoleil princesse princess sunshine marseille
    marseilleom allezlom paris parissg parissaintgermain france allezlesbleus football baseball basketball
    superman batman pokemon starwars dragon master monkey michael nicolas camille thomas julien juillet aout
    septembre octobre novembre decembre janvier fevrier mars avril mai juin printemps automne hiver vacances
    chocolat caramel nutella ordinateur computer internet google facebook samsung windows android whatever
    fuckyou consoleconsole linkedin minecraft
    """.split()  # noqa: SIM905 - two hundred quoted words would be harder to read
)
