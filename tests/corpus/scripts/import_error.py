import no_such_library

VERSION = no_such_library.VERSION
