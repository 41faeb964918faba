// Parses each file named, as far as Groovy's own grammar goes: what the steps mean, only Jenkins knows.
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.Phases

args.each { name ->
    def unit = new CompilationUnit()
    unit.addSource(new File(name))
    unit.compile(Phases.CONVERSION)
    def statements = unit.AST.modules[0].statementBlock.statements
    println statements.collect { it.expression.methodAsString }.join(',')
}
