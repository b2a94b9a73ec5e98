from tools import strict as strict  # first of all: LangGraph reads the switch when it is imported
