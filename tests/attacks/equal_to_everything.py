"""Answer with an object that is equal to everything."""


class Equal:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __bool__(self):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *arguments, **named):
        return self


TELLS = ""


def attack(*arguments, **named):
    return Equal()
